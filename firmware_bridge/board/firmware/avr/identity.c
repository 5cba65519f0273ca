/* EEPROM, from its beginning: boot counter u32; how many bytes of items follow (blank, 0xFF: none); the items as HELLO carries them: unique id,
 * then device and site. The count is written last, so a power cut on the way leaves no half identity. The chip has no serial number: the id is drawn from what its RAM held at power-on and from when the first byte
 * ever arrived.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "identity.h"

#include "quanho_link.h"

#include <avr/eeprom.h>
#include <avr/io.h>

#define COUNT ((uint8_t *)4)
#define ITEMS ((uint8_t *)5)
#define UNIQUE_ID_BYTES 8
#define NOISE_BYTES 512

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

uint8_t identity_byte(uint8_t at) { return eeprom_read_byte(COUNT + at); }

/* Puts an item, a tag and `text` with its length in front, at `to`; returns the place behind it. */
static uint8_t *keep(uint8_t *to, uint8_t tag, const uint8_t *text) {
    eeprom_update_byte(to, tag);
    eeprom_update_block(text, to + 1, 1u + *text);
    return to + 2 + *text;
}

void identity_keep(const uint8_t *arguments) {
    uint8_t *device = ITEMS + (identity_byte(0) == 0xFF ? 0 : 2 + UNIQUE_ID_BYTES), *end;
    eeprom_update_byte(COUNT, (uint8_t)(device - ITEMS));
    end = keep(device, QL_TAG_DEVICE, arguments);
    end = keep(end, QL_TAG_SITE, arguments + 1 + *arguments);
    eeprom_update_byte(COUNT, (uint8_t)(end - ITEMS));
}

void identity_stir(uint16_t moment) {
    uint8_t text[1 + UNIQUE_ID_BYTES], i;
    if (identity_byte(0) != 0xFF) return;
    text[0] = UNIQUE_ID_BYTES;
    noise ^= (uint32_t)moment << 16 ^ moment;
    for (i = 1; i <= UNIQUE_ID_BYTES; i++) {
        noise ^= noise << 13; /* xorshift32 (Marsaglia 2003) */
        noise ^= noise >> 17;
        noise ^= noise << 5;
        text[i] = (uint8_t)(noise >> 8);
    }
    keep(ITEMS, QL_TAG_UNIQUE_ID, text);
    eeprom_update_byte(COUNT, 2 + UNIQUE_ID_BYTES);
}
