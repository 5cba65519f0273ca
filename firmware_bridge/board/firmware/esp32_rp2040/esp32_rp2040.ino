/* A sensor on an ESP32 or an RP2040, with the Arduino core of either: a voltage on an analog pin. Put quanho_link.h, quanho_link.c and
 * quanho_link_config.h beside this file.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "quanho_link.h"

#ifdef ESP32
#include <Preferences.h>
static Preferences kept;
#define BOARD_NAME "esp32"
#define ANALOG_PIN 34
#else
#include <EEPROM.h>
#define BOARD_NAME "rp2040"
#define ANALOG_PIN A0
#define TEXT_BYTES 33
#endif
#define FULL_SCALE_MV 3300
#ifndef LED_BUILTIN
#define LED_BUILTIN 2
#endif

const struct ql_item ql_items[4] = {{QL_TAG_BOARD, QL_TEXT(BOARD_NAME)},
                                    {QL_TAG_FIRMWARE, QL_TEXT("voltage")},
                                    {QL_TAG_VERSION, QL_TEXT("1.0.0")},
                                    {QL_TAG_BUILD, QL_TEXT("arduino")}};
static const struct ql_field voltage[] = {{QL_INT, -3, QL_TEXT("voltage"), QL_TEXT("V")}};
const struct ql_set ql_sets[QL_SETS] = {{QL_TEXT("power"), 1, voltage, 10000}};

static uint8_t identity[3][33]; /* unique id, device, site: a length byte and the text */
static uint32_t blink_until_ms;
static bool is_blinking;
static uint8_t restart_code;

/* ---- what is kept over power cuts ---- */

#ifdef ESP32
static uint32_t start_kept(void) {
    kept.begin("quanho");
    kept.getBytes("device", identity[1], sizeof identity[1]);
    kept.getBytes("site", identity[2], sizeof identity[2]);
    uint32_t boot = kept.getUInt("boot", 0) + 1;
    kept.putUInt("boot", boot);
    uint64_t mac = ESP.getEfuseMac();
    identity[0][0] = 6;
    memcpy(identity[0] + 1, &mac, 6);
    return boot;
}

static void keep_identity(void) {
    kept.putBytes("device", identity[1], sizeof identity[1]);
    kept.putBytes("site", identity[2], sizeof identity[2]);
}

static void restart(bool) { ESP.restart(); } /* the ROM loader needs IO0 low: the wiring's business */
static const bool has_bootloader = false;
#else
static uint32_t start_kept(void) {
    EEPROM.begin(4 + 2 * TEXT_BYTES);
    uint32_t boot = 0;
    EEPROM.get(0, boot);
    boot++; /* blank flash is -1 */
    EEPROM.put(0, boot);
    EEPROM.get(4, identity[1]);
    EEPROM.get(4 + TEXT_BYTES, identity[2]);
    if (identity[1][0] == 0xFF) identity[1][0] = identity[2][0] = 0;
    EEPROM.commit();
    const char *serial = rp2040.getChipID();
    identity[0][0] = (uint8_t)strnlen(serial, sizeof identity[0] - 1);
    memcpy(identity[0] + 1, serial, identity[0][0]);
    return boot;
}

static void keep_identity(void) {
    EEPROM.put(4, identity[1]);
    EEPROM.put(4 + TEXT_BYTES, identity[2]);
    EEPROM.commit();
}

static void restart(bool into_bootloader) {
    if (into_bootloader) rp2040.rebootToBootloader();
    rp2040.reboot();
}
static const bool has_bootloader = true;
#endif

/* ---- what the library asks of a firmware ---- */

uint8_t ql_identity(uint8_t tag, uint8_t at) { return identity[tag - QL_TAG_UNIQUE_ID][at]; }

uint8_t ql_command(uint8_t code, const uint8_t *arguments, uint8_t count, struct ql_answer *) {
    if (code == QL_IDENTIFY && count >= 2) {
        blink_until_ms = millis() + (arguments[0] | arguments[1] << 8);
        is_blinking = true;
    } else if (code == QL_SET_IDENTITY) {
        memcpy(identity[1], arguments, 1u + arguments[0]);
        memcpy(identity[2], arguments + 1 + arguments[0], 1u + arguments[1 + arguments[0]]);
        keep_identity();
    } else if (code == QL_RESTART_INTO_BOOTLOADER) {
        return has_bootloader ? QL_DONE : QL_REFUSED;
    } else if (code != QL_RESTART) {
        return code == QL_IDENTIFY ? QL_BAD_ARGUMENT : QL_UNKNOWN;
    }
    return QL_DONE;
}

void ql_answered(uint8_t code) {
    if (code == QL_RESTART || (code == QL_RESTART_INTO_BOOTLOADER && has_bootloader)) restart_code = code;
}

/* ---- the sketch ---- */

void setup(void) {
    pinMode(LED_BUILTIN, OUTPUT);
    Serial.begin(115200);
    ql_init(start_kept());
}

void loop(void) {
    ql_tick(millis());
    while (Serial.available() > 0) ql_rx((uint8_t)Serial.read());
    int byte;
    while (Serial.availableForWrite() > 0 && (byte = ql_tx()) >= 0) Serial.write((uint8_t)byte);
    if (restart_code) {
        Serial.flush();
        restart(restart_code == QL_RESTART_INTO_BOOTLOADER);
    }
    if (ql_due(0)) {
        ql_value value;
        value.i = (int32_t)((int64_t)analogRead(ANALOG_PIN) * FULL_SCALE_MV / 4095);
        ql_reading(0, &value);
    }
    is_blinking = is_blinking && (int32_t)(millis() - blink_until_ms) < 0;
    digitalWrite(LED_BUILTIN, is_blinking && millis() / 100 % 2 ? HIGH : LOW);
}
