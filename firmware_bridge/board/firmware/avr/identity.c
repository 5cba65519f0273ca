/* EEPROM, from its beginning: boot counter u32; unique id, device and site, each a length byte and up to 32 bytes. A blank byte (0xFF) is no
 * length, so there is none. The chip has no serial number: the id is drawn from what its RAM held at power-on and from when the first byte
 * ever arrived.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "identity.h"

#include "quanho_link.h"

#include <avr/eeprom.h>
#include <avr/io.h>

#define TEXT_BYTES 33
#define UNIQUE_ID_BYTES 8
#define NOISE_BYTES 512

static uint16_t place_of(uint8_t tag) { return (uint16_t)(4 + (uint8_t)(tag - QL_TAG_UNIQUE_ID) * TEXT_BYTES); }

static uint32_t noise __attribute__((section(".noinit")));

/* Before variables are set: what the RAM held. FNV-1a. In 2 ms: after a reset by the watchdog it may still run, at 15 ms. */
void take_noise(void) __attribute__((naked, used, section(".init3")));
void take_noise(void) {
    uint32_t hash = 0x811C9DC5;
    const uint8_t *ram;
    for (ram = (const uint8_t *)RAMSTART; ram < (const uint8_t *)RAMSTART + NOISE_BYTES; ram++) hash = (hash ^ *ram) * 0x01000193;
    noise = hash;
}

uint32_t identity_count_boot(void) {
    uint32_t boot = eeprom_read_dword((const uint32_t *)0) + 1; /* blank is -1 */
    eeprom_update_dword((uint32_t *)0, boot);
    return boot;
}

uint8_t identity_byte(uint8_t tag, uint8_t at) { return eeprom_read_byte((const uint8_t *)place_of(tag) + at); }

static void keep(uint8_t tag, const uint8_t *text) {
    eeprom_update_block(text + 1, (uint8_t *)place_of(tag) + 1, *text);
    eeprom_update_byte((uint8_t *)place_of(tag), *text);
}

void identity_keep(const uint8_t *arguments) {
    keep(QL_TAG_DEVICE, arguments);
    keep(QL_TAG_SITE, arguments + 1 + *arguments);
}

void identity_stir(uint16_t moment) {
    uint8_t text[1 + UNIQUE_ID_BYTES], i;
    if (identity_byte(QL_TAG_UNIQUE_ID, 0) != 0xFF) return;
    text[0] = UNIQUE_ID_BYTES;
    noise ^= (uint32_t)moment << 16 ^ moment;
    for (i = 1; i <= UNIQUE_ID_BYTES; i++) {
        noise ^= noise << 13; /* xorshift32 (Marsaglia 2003) */
        noise ^= noise >> 17;
        noise ^= noise << 5;
        text[i] = (uint8_t)(noise >> 8);
    }
    keep(QL_TAG_UNIQUE_ID, text);
}
