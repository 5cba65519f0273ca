/* A sensor on an ESP32 or an RP2040, with the Arduino core of either: a voltage on an analog pin. Put quanho_link.h and quanho_link.c
 * beside this file, where description.c and quanho_link_config.h are.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "quanho_link.h"

#ifdef ESP32
#include <Preferences.h>
static Preferences kept;
#define ANALOG_PIN 34
#else
#include <EEPROM.h>
#define ANALOG_PIN A0
#define TEXT_BYTES 33
#endif
#define FULL_SCALE_MV 3300
#ifndef LED_BUILTIN
#define LED_BUILTIN 2
#endif

static uint8_t unique_id[33], device[33], site[33]; /* a length byte and the text */
static uint32_t blink_until_ms;
static bool is_blinking;
static uint8_t restart_code;

/* ---- what is kept over power cuts ---- */

#ifdef ESP32
static uint32_t start_kept(void) {
    kept.begin("quanho");
    kept.getBytes("device", device, sizeof device);
    kept.getBytes("site", site, sizeof site);
    uint32_t boot = kept.getUInt("boot", 0) + 1;
    kept.putUInt("boot", boot);
    uint64_t mac = ESP.getEfuseMac();
    unique_id[0] = 6;
    memcpy(unique_id + 1, &mac, 6);
    return boot;
}

static void keep_identity(void) {
    kept.putBytes("device", device, sizeof device);
    kept.putBytes("site", site, sizeof site);
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
    EEPROM.get(4, device);
    EEPROM.get(4 + TEXT_BYTES, site);
    if (device[0] == 0xFF) device[0] = site[0] = 0;
    EEPROM.commit();
    const char *serial = rp2040.getChipID();
    unique_id[0] = (uint8_t)strnlen(serial, sizeof unique_id - 1);
    memcpy(unique_id + 1, serial, unique_id[0]);
    return boot;
}

static void keep_identity(void) {
    EEPROM.put(4, device);
    EEPROM.put(4 + TEXT_BYTES, site);
    EEPROM.commit();
}

static void restart(bool into_bootloader) {
    if (into_bootloader) rp2040.rebootToBootloader();
    rp2040.reboot();
}
static const bool has_bootloader = true;
#endif

/* ---- what the library asks of a firmware ---- */

uint8_t ql_identity(uint8_t at) {
    const uint8_t *const texts[] = {unique_id, device, site};
    if (at == 0) {
        uint8_t count = 0;
        for (const uint8_t *text : texts) count += *text ? 2 + *text : 0;
        return count;
    }
    for (uint8_t i = 0; i < 3; i++) {
        if (!*texts[i]) continue;
        if (at == 1) return QL_TAG_UNIQUE_ID + i;
        if (at <= 2 + *texts[i]) return texts[i][at - 2];
        at -= 2 + *texts[i];
    }
    return 0;
}

uint8_t ql_command(uint8_t code, const uint8_t *arguments, uint8_t count, struct ql_answer *) {
    if (code == QL_IDENTIFY && count >= 2) {
        blink_until_ms = millis() + (arguments[0] | arguments[1] << 8);
        is_blinking = true;
    } else if (code == QL_SET_IDENTITY) {
        memcpy(device, arguments, 1u + arguments[0]);
        memcpy(site, arguments + 1 + arguments[0], 1u + arguments[1 + arguments[0]]);
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
