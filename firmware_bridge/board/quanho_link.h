/* The board's end of the quanho link (docs/specs/link.md, version 1). Portable C99: no heap, no I/O, no clock of its own, one link a program.
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A firmware describes itself (QL_ITEMS, QL_DESCRIBE, ql_sets), gives each byte that arrives to ql_rx(), asks ql_tx() for the next byte to
 * send, and calls ql_tick() with its milliseconds; ql_due() says when a sensor is to be read, and ql_reading() keeps what it read until the
 * gateway has it on its disk:
 *
 *     ql_init(boot_number);
 *     for (;;) {
 *         int byte;
 *         ql_tick(millis());
 *         while (serial_has_byte()) ql_rx(serial_read());
 *         while (serial_has_room() && (byte = ql_tx()) >= 0) serial_write((uint8_t)byte);
 *         if (ql_due(0)) { value[0].i = read_sensor(); ql_reading(0, value); }
 *     }
 *
 * Call everything from one place, never from an interrupt. Sizes are chosen in a file quanho_link_config.h beside the firmware. Frames are
 * made byte by byte while they leave, so there is no transmit buffer; the first byte of one may take 3 ms on a 16 MHz AVR, which a UART queue
 * of 32 bytes covers.
 */
#ifndef QUANHO_LINK_H
#define QUANHO_LINK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __AVR__
#include <avr/pgmspace.h>
#define QL_FLASH PROGMEM
#define QL_FLASH_BYTE(address) pgm_read_byte(address)
#else
#define QL_FLASH
#define QL_FLASH_BYTE(address) (*(const uint8_t *)(address))
#endif

#ifdef __has_include
#if __has_include("quanho_link_config.h")
#include "quanho_link_config.h"
#endif
#endif

#ifndef QL_SETS
#error "write #define QL_SETS, how many sensor sets this board has (1 to 31), into quanho_link_config.h"
#endif
#ifndef QL_STORE_BYTES
#define QL_STORE_BYTES 96 /* readings that wait, 64 to 32,000; take what the chip has to spare */
#endif
#ifndef QL_FRAMES
#ifdef __AVR__
#define QL_FRAMES 8 /* frames in the store at most, 4 to 128; 7 bytes of RAM each */
#else
#define QL_FRAMES 64
#endif
#endif
#ifndef QL_FLUSH_MS
#define QL_FLUSH_MS 1000 /* readings leave when a frame is full, or so long after its first one */
#endif
#ifndef QL_LEAST_INTERVAL_MS
#define QL_LEAST_INTERVAL_MS 100 /* a gateway that asks for less gets this */
#endif
#ifndef QL_RX_BYTES
#define QL_RX_BYTES 64 /* largest frame that is taken, 32 to 254; 64 leave 55 bytes for the arguments of a command */
#endif
#ifndef QL_ANSWER_BYTES
#define QL_ANSWER_BYTES 8 /* most that a command returns, 4 to 20 */
#endif
#ifndef QL_TIMEOUT_MS
#define QL_TIMEOUT_MS 250 /* 3 frame times where that is longer: 800 at 9,600 baud */
#endif
#ifndef QL_PICTURES
#ifdef __AVR__
#define QL_PICTURES 0
#else
#define QL_PICTURES 1
#endif
#endif

#if QL_SETS < 1 || QL_SETS > 31 || QL_STORE_BYTES < 64 || QL_STORE_BYTES > 32000 || QL_FRAMES < 4 || QL_FRAMES > 128
#error "QL_SETS, QL_STORE_BYTES or QL_FRAMES is not what quanho_link.h allows"
#endif
#if QL_RX_BYTES < 32 || QL_RX_BYTES > 254 || QL_ANSWER_BYTES < 4 || QL_ANSWER_BYTES > 20
#error "QL_RX_BYTES or QL_ANSWER_BYTES is not what quanho_link.h allows"
#endif

#define QL_ALL 0xFFFFu /* every field is there */

enum { QL_INT = 0, QL_COUNTER = 1, QL_FLOAT = 2, QL_BOOL = 3 };                                                           /* types */
enum { QL_DONE = 0, QL_UNKNOWN = 1, QL_BAD_ARGUMENT = 2, QL_BUSY = 3, QL_REFUSED = 4, QL_FAILED = 5 };                    /* status */
enum { QL_DEBUG = 0, QL_INFO = 1, QL_WARNING = 2, QL_ERROR = 3 };                                                         /* levels */
enum { QL_TAG_BOARD = 1, QL_TAG_FIRMWARE = 2, QL_TAG_VERSION = 3, QL_TAG_BUILD = 4, QL_TAG_UNIQUE_ID = 5, QL_TAG_DEVICE = 6, QL_TAG_SITE = 7 };
enum {
    QL_SET_INTERVAL = 1, /* done by the library */
    QL_READ_NOW = 2,     /* done by the library: ql_due() says so */
    QL_IDENTIFY = 3,     /* arguments: ms u16 */
    QL_RESTART = 4,
    QL_RESTART_INTO_BOOTLOADER = 5,
    QL_SET_IDENTITY = 6, /* arguments: device, then site, each a length byte and UTF-8; the library has checked the lengths */
    QL_OWN_COMMAND = 128
};

typedef union {
    int32_t i;  /* QL_INT: the value is i x 10^exponent */
    uint32_t u; /* QL_COUNTER, wraps at 2^32; QL_BOOL: 0 or 1 */
    float f;    /* QL_FLOAT: IEEE 754 single */
} ql_value;

struct ql_text { /* bytes in flash, as the line carries them */
    const uint8_t *bytes;
    uint8_t length;
};

struct ql_set {
    struct ql_text text;  /* of QL_DESCRIBE */
    uint32_t interval_ms; /* 0: when something happens */
    uint32_t last_ms;
    bool was_read;
};

struct ql_answer {
    uint8_t id, status;             /* the library's */
    uint8_t bytes[QL_ANSWER_BYTES]; /* what a command returns */
    uint8_t count;
};

#if QL_PICTURES
struct ql_picture {
    uint16_t id;
    uint32_t size, taken_ms;
    uint8_t format;        /* 1: JPEG */
    const uint8_t *sha256; /* of the whole, 32 bytes */
    uint8_t (*byte)(uint32_t at);
};
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what the firmware provides ---- */

extern const struct ql_text ql_items;   /* what every board with this firmware is: QL_ITEMS */
extern struct ql_set ql_sets[QL_SETS]; /* what it measures: QL_SET each */

/* What this one board is, byte by byte: byte 0 says how many follow (at most 102; a blank 0xFF is none), then items as HELLO carries them: tag
 * (QL_TAG_UNIQUE_ID, QL_TAG_DEVICE, QL_TAG_SITE), length (1 to 32), text. */
uint8_t ql_identity(uint8_t at);

/* Does `code` (3, 6, 128 and up) or says whether it can (4, 5), quickly; returns a status. `answer` is empty before. */
uint8_t ql_command(uint8_t code, const uint8_t *arguments, uint8_t count, struct ql_answer *answer);

/* ql_tx() gives out the last byte of the answer to `code` just now. Where a restart was asked and granted, note it: restart once that byte has
 * left the UART. */
void ql_answered(uint8_t code);

/* ---- what the library does ---- */

void ql_init(uint32_t boot); /* once, first. `boot`: a number that no other start of this board has had */

void ql_tick(uint32_t now_ms); /* often, at the very least hourly. The ms may wrap, which they do after 49.7 days */
void ql_rx(uint8_t byte);
int ql_tx(void); /* the next byte to send, -1: none now */

/* True when set `set` is to be read: its interval is over, or the gateway asked. Says so once. */
bool ql_due(uint8_t set);

/* A reading of all fields, taken now. False when the store is full: it is counted, and the gateway learns how many and when. */
bool ql_reading(uint8_t set, const ql_value *values);

/* The same with fields missing (bit i of `present`: values[i] is there; QL_ALL) and quality bits (docs/specs/quality.md; 0: good). */
bool ql_reading_of(uint8_t set, const ql_value *values, uint16_t present, uint16_t quality);

/* Sends a line of text once a gateway is there. `text` is in flash, PSTR("...") on AVR, and stays as it is. False: the one before has not left. */
bool ql_log(uint8_t level, const char *text);

uint16_t ql_room(void); /* bytes free in the store: for a firmware that has more readings than the line carries */
bool ql_is_open(void);  /* a gateway is there, or was when it was last heard */

#if QL_PICTURES
/* Offers a picture until the gateway has it or does not want it; `picture` and its bytes stay as they are until ql_has_picture() is false. */
void ql_offer(const struct ql_picture *picture);
bool ql_has_picture(void);
#endif

#ifndef __AVR__
/* For a test of the firmware on a computer: SENSOR messages and the largest readings are within the limits. */
bool ql_description_fits(void);
#endif

#ifdef __cplusplus
}
#else

/* ---- how a firmware describes itself: in C, for C++ has no arrays without a closing 0. Once, in one file ----
 *
 *     QL_ITEMS("atmega328p-uno", "tank", "1.0.0", "2026-11-27");            board, firmware, version, build
 *     #define TANK(FIELD) FIELD(QL_INT, -3, level, "m") FIELD(QL_INT, -1, temperature, "Cel")
 *     QL_DESCRIBE(tank, "water_level", TANK);                               type, exponent, name, unit of each field
 *     struct ql_set ql_sets[QL_SETS] = {QL_SET(tank, 10000)};               ms
 *
 * They make the bytes of HELLO and SENSOR at compile time. What is too long for a frame does not compile, nor does a name that comes twice. */

#if defined __GNUC__ && __GNUC__ >= 8
#define QL_UNTERMINATED __attribute__((nonstring))
#else
#define QL_UNTERMINATED
#endif
#define QL_CHARS(name, text) char name[sizeof text - 1] QL_UNTERMINATED
#define QL_VALUE(text) sizeof text - 1, text

#define QL_FIELD_MEMBERS(type, exponent, name, unit) \
    uint8_t name##_type;                             \
    int8_t name##_exponent;                          \
    uint8_t name##_length;                           \
    QL_CHARS(name, #name);                           \
    uint8_t name##_unit_length;                      \
    QL_CHARS(name##_unit, unit);
#define QL_FIELD_VALUES(type, exponent, name, unit) type, exponent, QL_VALUE(#name), QL_VALUE(unit),
#define QL_FIELD_COUNT(type, exponent, name, unit) +1

#define QL_DESCRIBE(set, measurement, FIELDS)                                                            \
    __extension__ static const struct {                                                                  \
        uint8_t length_;                                                                                 \
        QL_CHARS(measurement_, measurement);                                                             \
        uint8_t count_;                                                                                  \
        FIELDS(QL_FIELD_MEMBERS)                                                                         \
    } set##_text QL_FLASH = {QL_VALUE(measurement), 0 FIELDS(QL_FIELD_COUNT), FIELDS(QL_FIELD_VALUES)};  \
    typedef char set##_fits_sensor[sizeof set##_text <= 243 ? 1 : -1]

#define QL_SET(set, interval_ms) {{(const uint8_t *)&set##_text, sizeof set##_text}, interval_ms, 0, false}

#define QL_ITEMS(board, firmware, version, build)                                                                        \
    __extension__ static const struct {                                                                                  \
        uint8_t tag_1, length_1;                                                                                         \
        QL_CHARS(text_1, board);                                                                                         \
        uint8_t tag_2, length_2;                                                                                         \
        QL_CHARS(text_2, firmware);                                                                                      \
        uint8_t tag_3, length_3;                                                                                         \
        QL_CHARS(text_3, version);                                                                                       \
        uint8_t tag_4, length_4;                                                                                         \
        QL_CHARS(text_4, build);                                                                                         \
    } items_text QL_FLASH = {QL_TAG_BOARD,   QL_VALUE(board),   QL_TAG_FIRMWARE, QL_VALUE(firmware),                     \
                             QL_TAG_VERSION, QL_VALUE(version), QL_TAG_BUILD,    QL_VALUE(build)};                       \
    typedef char items_fit_hello[sizeof items_text <= 123 ? 1 : -1];                                                     \
    const struct ql_text ql_items = {(const uint8_t *)&items_text, sizeof items_text}
#endif
#endif
