/* The board library on a computer: driven over stdin and stdout, with simulated time. Built with AddressSanitizer and UBSan.
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each order is a letter and its arguments, little endian; those that answer say so. The library is included, so that its state can be read.
 */
#include "quanho_link.c"

#include <stdio.h>
#include <stdlib.h>

QL_ITEMS("host", "counter", "1.0.0", "b1");
#define COUNTER_FIELDS(FIELD) FIELD(QL_INT, 0, n, "")
#define EVERY_TYPE(FIELD) FIELD(QL_INT, -1, temperature, "Cel") FIELD(QL_COUNTER, 0, pulses, "{count}") FIELD(QL_FLOAT, 0, level, "m") FIELD(QL_BOOL, 0, rain, "")
QL_DESCRIBE(counter, "test", COUNTER_FIELDS);
QL_DESCRIBE(every_type, "weather", EVERY_TYPE);
struct ql_set ql_sets[QL_SETS] = {QL_SET(counter, 0), QL_SET(every_type, 10000)};

static uint8_t identity[1 + 102] = {7, QL_TAG_UNIQUE_ID, 5, 'b', 'o', 'a', 'r', 'd'};
static uint8_t orders[4096];
static size_t orders_count;

uint8_t ql_identity(uint8_t at) { return identity[at]; }

static void keep(uint8_t tag, const uint8_t *text) {
    uint8_t *item = identity + 1 + identity[0];
    item[0] = tag;
    memcpy(item + 1, text, 1u + text[0]);
    identity[0] = (uint8_t)(identity[0] + 2 + text[0]);
}

uint8_t ql_command(uint8_t code, const uint8_t *arguments, uint8_t count, struct ql_answer *answer) {
    if (orders_count + 2 + count <= sizeof orders) {
        orders[orders_count++] = code;
        orders[orders_count++] = count;
        memcpy(orders + orders_count, arguments, count);
        orders_count += count;
    }
    if (code == QL_SET_IDENTITY) {
        identity[0] = 7;
        keep(QL_TAG_DEVICE, arguments);
        keep(QL_TAG_SITE, arguments + 1 + arguments[0]);
    } else if (code >= QL_OWN_COMMAND) {
        answer->count = count; /* more than there is room for, at times */
        memcpy(answer->bytes, arguments, count < QL_ANSWER_BYTES ? count : QL_ANSWER_BYTES);
    } else if (code > QL_SET_IDENTITY || code < QL_IDENTIFY) {
        return QL_UNKNOWN;
    }
    return QL_DONE;
}

void ql_answered(uint8_t code) {
    if (orders_count + 2 <= sizeof orders && (code == QL_RESTART || code == QL_RESTART_INTO_BOOTLOADER)) {
        orders[orders_count++] = (uint8_t)(code | 0x80);
        orders[orders_count++] = 0;
    }
}

#if QL_PICTURES
static uint8_t *pixels, hash[32];
static struct ql_picture picture;

static uint8_t pixel(uint32_t at) {
    if (at >= picture.size) abort();
    return pixels[at];
}
#endif

static void take(void *to, size_t count) {
    if (count && fread(to, count, 1, stdin) != 1) exit(0);
}

static uint8_t take8(void) {
    uint8_t n;
    take(&n, 1);
    return n;
}

static uint16_t take16(void) {
    uint16_t n;
    take(&n, 2);
    return n;
}

static uint32_t take32(void) {
    uint32_t n;
    take(&n, 4);
    return n;
}

static void say(const void *from, size_t count) {
    if (count) fwrite(from, count, 1, stdout);
}

static void say32(uint32_t n) { say(&n, 4); }

static void send_one_frame(void) {
    uint8_t out[512];
    uint16_t count = 0;
    int byte;
    do {
        byte = ql_tx();
        if (byte >= 0) out[count++] = (uint8_t)byte;
    } while (byte >= 0 && q.head[0]);
    say(&count, 2);
    say(out, count);
}

/* How long until it says something if nothing arrives. */
static void say_due(void) {
    struct state was = q;
    uint32_t ms = 0;
    while (ms < 60000) {
        if (q.head[0]) break;
        choose();
        if (q.head[0]) break;
        ms++;
        ql_tick(was.told.now_ms + ms);
    }
    q = was;
    say32(ms);
}

static void say_kept(void) {
    uint16_t numbers[5] = {q.told.session, q.told.oldest, q.told.next, (uint16_t)(QL_STORE_BYTES - q.used), 0}, base = 0;
    uint8_t i, k;
    numbers[4] = (uint16_t)(q.open - q.frames + (q.open->length > 0));
    say(numbers, sizeof numbers);
    say32(q.told.lost_total);
    for (i = 0; i < numbers[4]; i++) {
        uint8_t length = q.frames[i].length;
        say(&length, 1);
        for (k = 0; k < length; k++) say(&store[base + k], 1);
        base = (uint16_t)(base + length);
    }
}

static uint32_t seed;

static uint8_t any(void) {
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return (uint8_t)(seed >> 11);
}

static const uint8_t *drawn;

static uint8_t drawn_byte(uint8_t at) { return drawn[at]; }

/* A frame as the gateway sends it: right session, boot and CRC, everything else drawn. */
static void hear_drawn_frame(void) {
    static const uint8_t kinds[] = {ASK, OPEN, ACK, ACK, ACK, COMMAND, COMMAND, WANT, 0x46, 0x00, 0x02, 0xFF};
    uint8_t body[300] = {0}, coded[304], kind = kinds[any() % sizeof kinds];
    size_t count = any() % 4 ? any() % 24u : any(), i, at = 0, run = 0;
    uint32_t crc;
    body[0] = kind;
    for (i = 1; i <= count; i++) body[i] = any() % 3 ? any() : 0;
    if (kind == ASK || kind == OPEN) {
        body[1] = 'Q', body[2] = 'L', body[3] = 1;
        if (kind == OPEN && any() % 8) memcpy(body + 6, &q.told.boot, 4);
    } else {
        memcpy(body + 1, &q.told.session, 2);
        if (kind == ACK) {
            uint16_t next = (uint16_t)(q.told.oldest + any() % 12 - 1), durable = (uint16_t)(next - any() % 4);
            memcpy(body + 3, &next, 2);
            memcpy(body + 5, &durable, 2);
            body[7] = any() % 36;
        }
        if (kind == COMMAND) body[4] = any() % 10;
    }
    count++;
    drawn = body;
    crc = ~crc_of((uint8_t)count, drawn_byte);
    memcpy(body + count, &crc, 4);
    count += 4;
    if (any() % 8 == 0) body[any() % count] ^= (uint8_t)(1 << any() % 8);
    for (i = 0; i < count; i++) { /* COBS */
        if (body[i]) continue;
        coded[at++] = (uint8_t)(i - run + 1);
        memcpy(coded + at, body + run, i - run);
        at += i - run;
        run = i + 1;
    }
    if (count - run > 254) return;
    coded[at++] = (uint8_t)(count - run + 1);
    memcpy(coded + at, body + run, count - run);
    at += count - run;
    coded[at++] = 0;
    for (i = 0; i < at; i++) {
        if (any() == 0) continue;
        ql_rx(coded[i]);
    }
}

static void fuzz(uint32_t rounds) {
    uint32_t now = q.told.now_ms, i, sum;
    while (rounds--) {
        uint8_t what = any();
        if (what < 110) {
            hear_drawn_frame();
        } else if (what < 130) {
            ql_rx(any() % 3 ? any() : 0);
        } else if (what < 180) {
            for (i = any() % 64u * 8; i && ql_tx() >= 0; i--) {}
        } else if (what < 200) {
            now += any() % 8 ? any() : (uint32_t)any() << 24;
            ql_tick(now);
        } else {
            ql_value values[4];
            for (i = 0; i < 4; i++) values[i].u = (uint32_t)any() << (any() % 32);
            ql_reading_of(any() % QL_SETS, values, any() % 2 ? QL_ALL : any(), any() % 4 ? 0 : any());
            if (any() % 8 == 0) ql_log(any() % 4, "a line of text");
            ql_due(any() % QL_SETS);
        }
        if (q.used > QL_STORE_BYTES || q.open - q.frames != (uint16_t)(q.told.next - q.told.oldest) || q.open - q.frames >= QL_FRAMES) abort();
        for (i = 0, sum = 0; q.frames + i <= q.open; i++) sum += q.frames[i].length;
        if (sum != q.used || q.durable > q.open - q.frames) abort();
    }
}

static void restart(uint32_t boot) {
    uint8_t i;
    memset(&q, 0, sizeof q);
    for (i = 0; i < QL_SETS; i++) {
        ql_sets[i].was_read = false;
        ql_sets[i].interval_ms = i ? 10000 : 0;
    }
    ql_init(boot);
}

int main(void) {
    char text[256] = "";
    setvbuf(stdout, 0, _IOFBF, 1 << 16);
    for (;;) {
        uint8_t order = take8();
        if (order == 'i') {
            restart(take32());
            q.told.oldest = q.told.next = take16();
            orders_count = 0;
        } else if (order == 't') {
            ql_tick(take32());
        } else if (order == 'r') {
            uint16_t count = take16();
            while (count--) ql_rx(take8());
        } else if (order == 'x') {
            send_one_frame();
        } else if (order == 'b') {
            uint16_t count = take16();
            while (count--) {
                uint8_t byte = (uint8_t)ql_tx();
                say(&byte, 1);
            }
        } else if (order == 'v') {
            uint8_t set = take8(), i, count;
            uint16_t present = take16(), quality = take16();
            ql_value values[16];
            count = take8();
            for (i = 0; i < count && i < 16; i++) values[i].u = take32();
            i = ql_reading_of(set, values, present, quality);
            say(&i, 1);
        } else if (order == 'l') {
            uint8_t level = take8(), count = take8(), is_taken;
            is_taken = !q.log.length;
            if (is_taken) memset(text, 0, sizeof text);
            take(is_taken ? text : (char[256]){0}, count);
            is_taken = ql_log(level, text);
            say(&is_taken, 1);
        } else if (order == 'u') {
            uint8_t is_due = ql_due(take8());
            say(&is_due, 1);
        } else if (order == 'd') {
            say_due();
        } else if (order == 'k') {
            say_kept();
        } else if (order == 'o') {
            say32((uint32_t)orders_count);
            say(orders, orders_count);
            orders_count = 0;
        } else if (order == 'f') {
            uint8_t fits = ql_description_fits();
            say(&fits, 1);
        } else if (order == 'z') {
            seed = take32();
            fuzz(take32());
            say32(q.told.lost_total);
#if QL_PICTURES
        } else if (order == 'p') {
            picture.id = take16();
            picture.size = take32();
            picture.taken_ms = q.told.now_ms;
            picture.format = 1;
            picture.sha256 = hash;
            picture.byte = pixel;
            take(hash, sizeof hash);
            free(pixels);
            pixels = malloc(picture.size);
            take(pixels, picture.size);
            ql_offer(&picture);
        } else if (order == 'h') {
            uint8_t has = ql_has_picture();
            say(&has, 1);
#endif
        } else {
            return 2;
        }
        if (strchr("xbvludkofzh", order)) fflush(stdout);
    }
}
