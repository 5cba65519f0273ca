/* The board's end of the quanho link; quanho_link.h says how it is used, docs/specs/link.md what crosses the line.
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The store holds records as they are sent, oldest first. frames[] says which of its bytes are one DATA frame: closed frames from number
 * told.oldest on, then *open, the one that is being filled (length 0 when it is empty). What is durable is forgotten, and the rest moves down.
 *
 * Written for size: most of the state is one struct, reached through one pointer register of an AVR (`n`); what lies past its first 64 bytes is
 * reached as `q`. 32-bit arithmetic only where milliseconds need it, and then in a few functions that stand apart. Which function stands apart,
 * and which loop runs which way, was measured (test_size.py), not guessed.
 */
#include "quanho_link.h"

#include <stddef.h>
#include <string.h>

#define VERSION 1
#define CRC_BYTES 4
#define CRC_RESIDUE 0x2144DF1Cu /* of an intact frame and its CRC */
#define FRAME_BYTES 254         /* before COBS */
#define DATA_HEAD_BYTES 7
#define RECORDS_FIT (FRAME_BYTES - CRC_BYTES - DATA_HEAD_BYTES)
#define RECORDS_MAX (QL_STORE_BYTES / 4 < RECORDS_FIT ? QL_STORE_BYTES / 4 : RECORDS_FIT)
#define LOST_BYTES 16 /* the longest LOST record */
#define LOST_SET 31
#define HAS_PRESENCE 0x20
#define HAS_QUALITY 0x40
#define MOST_ON_THE_WAY 32
#define FOREVER 0xFFFFFFFFu
#define IDENTITY_BYTES 32                     /* of a device or a site */
#define NONE 0xFF
#define ITEMS_BYTES (3 * (2 + IDENTITY_BYTES)) /* of ql_identity() */
#define HELLO_BYTES 25                        /* its fixed part, with the kind */

/* Short times are counted in 16 ms, modulo 256. */
#define TICK_SHIFT 4
#define SECOND (1000 >> TICK_SHIFT)
#define WAITS (2000 >> TICK_SHIFT)
#define LEAST_TIMEOUT ((QL_TIMEOUT_MS + 15) >> TICK_SHIFT)
#define MOST_TIMEOUT (2000 >> TICK_SHIFT)

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define GET(to, from) memcpy(&(to), (from), sizeof(to))
#define PUT(to, from) memcpy((to), &(from), sizeof(from))
#else
static void copy_reversed(uint8_t *to, const uint8_t *from, uint8_t count) {
    while (count--) *to++ = from[count];
}
#define GET(to, from) copy_reversed((uint8_t *)&(to), (from), sizeof(to))
#define PUT(to, from) copy_reversed((to), (const uint8_t *)&(from), sizeof(from))
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && defined __GNUC__
#define PACKED __attribute__((packed))
#else
#define PACKED
#endif

#ifdef __GNUC__
#define APART __attribute__((noinline, noclone)) /* smaller than a copy at each place */
#else
#define APART
#endif

struct frame {
    uint32_t first_ms;           /* when its first record was taken */
    uint8_t length, state, left; /* left: when it last began to leave, in 16 ms */
};

struct PACKED told { /* HELLO's fixed part, as it is sent */
    uint8_t letters[2], least, most;
    uint16_t session;
    uint32_t boot;
    uint16_t oldest, next;
    uint32_t now_ms, lost_total;
    uint8_t frame_max, set_count;
};

struct PACKED anywhere { /* a number that may not be aligned */
    uint32_t u;
};

struct lost {
    uint32_t first_ms;
    ql_value told[2]; /* how many, over how many ms */
};

struct state {
    struct told told;
    uint16_t used, base;             /* store: bytes in use, first of the frame that leaves */
    struct frame *open;              /* that is being filled */
    const struct ql_text *text;      /* of the frame that leaves: behind its head */
    struct ql_text log;              /* length 0: none waits */
    uint8_t now, quiet;              /* in 16 ms; since when there was neither HELLO nor a word from the gateway */
    uint8_t timeout;                 /* in 16 ms */
    uint8_t durable, limit, leaving; /* frames: how many may be forgotten, how many may be sent, the one that leaves */
    uint8_t room, count;             /* of the record that is being written */
    uint8_t sensors;                 /* sets that SENSOR has told */
    uint8_t rx_count, rx_left, rx_code;
    uint8_t head_count, tail_count, out_at, out_run; /* of the frame that leaves */
    uint8_t owes_hello, owes_answer, has_answer, is_losing;
    uint8_t log_level, answer_code;
    uint32_t last_ms;                /* when the newest record was taken */
    uint8_t head[HELLO_BYTES + CRC_BYTES]; /* of the frame that leaves, its CRC behind; kind 0: none leaves */
    struct lost lost;
    struct ql_answer answer;
    uint8_t rx[QL_RX_BYTES];
    struct frame frames[QL_FRAMES];
#if QL_PICTURES
    const struct ql_picture *picture;
    uint32_t want_at;
    uint32_t offered_ms;
    uint16_t again_ms;
    uint8_t want_chunks;
    bool was_offered;
#endif
};

static struct state q;
static uint8_t store[QL_STORE_BYTES];

/* An AVR reaches 64 bytes from a pointer register with half the instructions that a fixed address needs, if the compiler does not know where it points. */
#ifdef __AVR__
#define HIDE(pointer) __asm__("" : "+b"(pointer))
#define NEAR_STATE        \
    struct state *n = &q; \
    HIDE(n)
#else
#define HIDE(pointer) (void)(pointer)
#define NEAR_STATE struct state *const n = &q
#endif

enum { HELLO = 0x01, SENSOR, DATA, LOG, ANSWER, PICTURE, CHUNK, ASK = 0x41, OPEN, ACK, COMMAND, WANT };
enum { UNSENT, ON_ITS_WAY, RECEIVED };

static const uint8_t lost_text[] QL_FLASH = {0, 2, QL_COUNTER, 0, 0, 0, QL_COUNTER, 0, 0, 0}; /* as if LOST were a set */

/* CRC-32/ISO-HDLC of what `byte_at` gives. */
static uint32_t crc_of(uint8_t count, uint8_t (*byte_at)(uint8_t)) {
    uint32_t crc = FOREVER;
    uint8_t at, i;
    at = 0;
    do {
        crc ^= byte_at(at);
        for (i = 8; i; i--) {
            uint8_t low = (uint8_t)crc;
            crc >>= 1;
            if (low & 1) crc ^= 0xEDB88320u;
        }
    } while (++at < count);
    return ~crc;
}

static APART uint32_t since(const uint32_t *ms) {
    NEAR_STATE;
    return n->told.now_ms - *ms;
}

static APART void keep_now(uint32_t *ms) {
    NEAR_STATE;
    *ms = n->told.now_ms;
}

static APART void copy(void *to, const void *from, uint16_t count) {
    uint8_t *t = (uint8_t *)to;
    const uint8_t *f = (const uint8_t *)from;
    while (count--) *t++ = *f++;
}

/* ---- the store ---- */

static APART bool close_frame(void) {
    NEAR_STATE;
    struct frame *next = n->open + 1;
    if (next == q.frames + QL_FRAMES) return false;
    next->length = 0;
    next->state = UNSENT;
    n->open = next;
    n->told.next++;
    return true;
}

/* Forgets frames that are durable; one that is leaving has to wait. */
static APART void forget_durable(void) {
    NEAR_STATE;
    struct frame *frame;
    uint16_t bytes = 0;
    for (frame = q.frames; n->durable && n->leaving; frame++) {
        bytes = (uint16_t)(bytes + frame->length);
        n->told.oldest++;
        n->durable--;
        n->limit--;
        n->leaving--;
    }
    if (!bytes) return;
    n->base = (uint16_t)(n->base - bytes);
    n->used = (uint16_t)(n->used - bytes);
    copy(store, store + bytes, n->used);
    bytes = (uint16_t)((uint8_t *)frame - (uint8_t *)q.frames);
    n->open = (struct frame *)((uint8_t *)n->open - bytes);
    copy(q.frames, frame, (uint16_t)((uint8_t *)(n->open + 1) - (uint8_t *)q.frames));
}

/* ---- records ---- */

static APART void write_byte(uint8_t byte) {
    NEAR_STATE;
    if (n->count < n->room) store[n->used + n->count] = byte;
    n->count++;
}

static APART void write_value(uint8_t type, uint32_t bits) {
    uint8_t i;
    if (type == QL_FLOAT) {
        for (i = 4; i; i--, bits >>= 8) write_byte((uint8_t)bits);
        return;
    }
    if (type == QL_INT) {
        int8_t top = (int8_t)(bits >> 24);
        bits <<= 1; /* zigzag */
        if (top < 0) bits = ~bits;
    }
    for (; bits > 0x7F; bits >>= 7) write_byte((uint8_t)((uint8_t)bits | 0x80));
    write_byte((uint8_t)bits);
}

/* Behind a text and the length in front of it. */
static APART const uint8_t *behind(const uint8_t *text) { return text + 1 + QL_FLASH_BYTE(text); }

static APART void write_record(uint8_t set, const ql_value *values, uint16_t present, uint16_t quality) {
    const uint8_t *text = set == LOST_SET ? lost_text : ql_sets[set].text.bytes;
    uint8_t count;
    if (present != QL_ALL) set |= HAS_PRESENCE;
    if (quality) set |= HAS_QUALITY;
    text = behind(text);
    write_byte(set);
    write_value(QL_COUNTER, since(&q.last_ms));
    count = QL_FLASH_BYTE(text++);
    if (set & HAS_PRESENCE) {
        write_byte((uint8_t)present);
        if (count > 8) write_byte((uint8_t)(present >> 8));
    }
    if (set & HAS_QUALITY) write_value(QL_COUNTER, quality);
    for (; count; count--, present >>= 1, values++) {
        if (present & 1) write_value(QL_FLASH_BYTE(text), values->u);
        text = behind(behind(text + 2));
    }
}

uint16_t ql_room(void) { return (uint16_t)(QL_STORE_BYTES - q.used); }

/* Takes the clock back to the first loss; the second call puts it right. */
static void swap_now(void) {
    uint8_t *now = (uint8_t *)&q.told + offsetof(struct told, now_ms), *other = (uint8_t *)&q.lost.first_ms, i;
    for (i = 4; i; i--) {
        uint8_t was = *now;
        *now++ = *other;
        *other++ = was;
    }
}

/* After a loss, LOST goes first, once it and the largest reading have room, in frames of their own. */
static bool tell_lost(void) {
    NEAR_STATE;
    if (!n->is_losing) return true;
    if (n->used > QL_STORE_BYTES - RECORDS_MAX - LOST_BYTES || n->open > q.frames + QL_FRAMES - 3) return false;
    n->is_losing = false;
    swap_now();
    ql_reading(LOST_SET, q.lost.told);
    swap_now();
    close_frame(); /* its time may be too far back for the next record to count from */
    return true;
}

static APART void count_up(struct anywhere *number) { number->u++; }

static void lose(void) {
    NEAR_STATE;
    struct lost *lost = &q.lost;
    HIDE(lost);
    if (!n->is_losing) {
        n->is_losing = true;
        keep_now(&lost->first_ms);
        lost->told[0].u = 0;
    }
    count_up((struct anywhere *)&lost->told[0]);
    lost->told[1].u = since(&lost->first_ms);
    count_up((struct anywhere *)((uint8_t *)&q.told + offsetof(struct told, lost_total)));
}

bool ql_reading_of(uint8_t set, const ql_value *values, uint16_t present, uint16_t quality) {
    NEAR_STATE;
    if (tell_lost()) {
        do {
            struct frame *frame = n->open;
            uint16_t room = (uint16_t)(QL_STORE_BYTES - n->used);
            uint8_t fits = (uint8_t)(RECORDS_MAX - frame->length);
            if (room < fits) fits = (uint8_t)room;
            n->room = fits;
            n->count = 0;
            if (!frame->length) {
                keep_now(&frame->first_ms);
                keep_now(&q.last_ms);
            }
            write_record(set, values, present, quality);
            if (n->count <= n->room) {
                frame->length = (uint8_t)(frame->length + n->count);
                n->used = (uint16_t)(n->used + n->count);
                keep_now(&q.last_ms);
                return true;
            }
        } while (n->open->length && close_frame()); /* once more, in a frame of its own */
    }
    lose();
    return false;
}

bool ql_reading(uint8_t set, const ql_value *values) { return ql_reading_of(set, values, QL_ALL, 0); }

/* ---- what leaves ---- */

/* A frame is a head in RAM, then what stands in the store or in flash (and what ql_identity() tells), then its CRC. */
static uint8_t byte_of(uint8_t i) {
    NEAR_STATE;
    const struct ql_text *text;
    uint8_t at = (uint8_t)(i - n->head_count);
    if (i >= n->head_count) {
        if (at < n->tail_count) {
            if (n->head[0] == DATA) return store[n->base + at];
#if QL_PICTURES
            if (n->head[0] == PICTURE) return q.picture->sha256[at];
            if (n->head[0] == CHUNK) {
                uint32_t from;
                GET(from, n->head + 3);
                return q.picture->byte(from + at);
            }
#endif
            text = n->text;
            if (at < text->length) return QL_FLASH_BYTE(text->bytes + at);
            return ql_identity((uint8_t)(at - text->length + 1));
        }
        i = (uint8_t)(i - n->tail_count);
    }
    return n->head[i];
}

static APART void start(uint8_t kind, uint8_t head_count, uint8_t tail_count) {
    NEAR_STATE;
    uint32_t crc;
    n->head[0] = kind;
    n->head_count = head_count;
    n->tail_count = tail_count;
    crc = crc_of((uint8_t)(head_count + tail_count), byte_of);
    PUT(n->head + head_count, crc);
    n->out_at = 0xFF; /* the zero in front, which the first code stands for */
    n->out_run = 0;
}

static APART void start_text(uint8_t kind, uint8_t head_count, const struct ql_text *text, uint8_t more) {
    NEAR_STATE;
    n->text = text;
    start(kind, head_count, (uint8_t)(text->length + more));
}

static void put_told(uint8_t *to) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && defined __GNUC__
    copy(to, &q.told, sizeof q.told);
#else
    memcpy(to, &q.told, 4);
    PUT(to + 4, q.told.session);
    PUT(to + 6, q.told.boot);
    PUT(to + 10, q.told.oldest);
    PUT(to + 12, q.told.next);
    PUT(to + 14, q.told.now_ms);
    PUT(to + 18, q.told.lost_total);
    to[22] = q.told.frame_max;
    to[23] = q.told.set_count;
#endif
}

static void start_hello(void) {
    NEAR_STATE;
    uint8_t items = ql_identity(0);
    n->owes_hello = false;
    n->quiet = n->now;
    put_told(n->head + 1);
    start_text(HELLO, HELLO_BYTES, &ql_items, items > ITEMS_BYTES ? 0 : items);
}

static void start_sensor(void) {
    NEAR_STATE;
    uint8_t index = n->sensors++;
    struct ql_set *set = &ql_sets[index];
    n->head[1] = index;
    n->head[2] = QL_SETS;
    PUT(n->head + 3, set->interval_ms);
    start_text(SENSOR, 7, &set->text, 0);
}

static void start_answer(void) {
    NEAR_STATE;
    n->owes_answer = false;
    if (q.answer.count > QL_ANSWER_BYTES) q.answer.count = QL_ANSWER_BYTES;
    PUT(n->head + 1, n->told.session);
    copy(n->head + 3, &q.answer, 2 + QL_ANSWER_BYTES);
    start(ANSWER, (uint8_t)(5 + q.answer.count), 0);
}

static bool start_data(void) {
    NEAR_STATE;
    struct frame *frame = q.frames;
    uint8_t i;
    n->base = 0;
    for (i = 0; i < n->limit; i++, frame++) {
        if (frame->state == UNSENT) {
            uint32_t age;
            uint16_t seq;
            if (frame == n->open && (!frame->length || since(&frame->first_ms) < QL_FLUSH_MS || !close_frame())) return false;
            seq = (uint16_t)(n->told.oldest + i);
            age = since(&frame->first_ms);
            frame->state = ON_ITS_WAY;
            frame->left = n->now;
            n->leaving = i;
            PUT(n->head + 1, seq);
            if ((uint8_t)(age >> 24) >= 0xFE) age = FOREVER;
            PUT(n->head + 3, age);
            start(DATA, DATA_HEAD_BYTES, frame->length);
            return true;
        }
        n->base = (uint16_t)(n->base + frame->length);
    }
    return false;
}

#if QL_PICTURES
static void start_picture(void) {
    const struct ql_picture *p = q.picture;
    PUT(q.head + 1, p->id);
    if (q.want_chunks) {
        uint32_t left = p->size - q.want_at;
        uint8_t count = (uint8_t)(left < RECORDS_FIT ? left : RECORDS_FIT);
        PUT(q.head + 3, q.want_at);
        start(CHUNK, 7, count);
        q.want_at += count;
        q.want_chunks = q.want_at < p->size ? (uint8_t)(q.want_chunks - 1) : 0;
    } else if (!q.was_offered) {
        uint32_t age = q.told.now_ms - p->taken_ms;
        q.was_offered = true;
        q.offered_ms = q.told.now_ms;
        q.again_ms = 1000;
        PUT(q.head + 3, p->size);
        PUT(q.head + 7, age);
        q.head[11] = p->format;
        start(PICTURE, 12, 32);
    }
}
#endif

static void choose(void) {
    NEAR_STATE;
    if (n->owes_answer) {
        start_answer();
    } else if (n->owes_hello) {
        start_hello();
    } else if (n->sensors < QL_SETS) {
        start_sensor();
    } else if (n->told.session) {
        if (n->log.length) {
            n->head[1] = n->log_level;
            start_text(LOG, 2, &n->log, 0);
        } else if (!start_data()) {
#if QL_PICTURES
            if (n->picture) start_picture();
#endif
        }
    }
}

static void frame_has_left(void) {
    NEAR_STATE;
    uint8_t kind = n->head[0];
    n->head[0] = 0;
    if (kind == LOG) n->log.length = 0;
    if (kind == ANSWER) ql_answered(q.answer_code);
    if (kind == DATA) {
        n->leaving = NONE;
        forget_durable();
    }
}

/* COBS: a code says how many bytes follow up to the next zero, or to the end. Each frame gets a zero in front: who knows what the line holds. */
int ql_tx(void) {
    NEAR_STATE;
    uint8_t end, at;
    if (!n->head[0]) {
        choose();
        if (!n->head[0]) return -1;
        return 0;
    }
    at = n->out_at++;
    if (n->out_run) {
        n->out_run--;
        return byte_of(at);
    }
    end = (uint8_t)(n->head_count + n->tail_count + CRC_BYTES);
    if (at == end) {
        frame_has_left();
        return 0;
    }
    for (at++; at < end && byte_of(at); at++) {}
    at = (uint8_t)(at - n->out_at);
    n->out_run = at;
    return at + 1;
}

/* ---- what arrives ---- */

static void open_session(uint16_t session) {
    NEAR_STATE;
    struct frame *frame;
    n->owes_hello = true;
    if (session == n->told.session) return;
    n->told.session = session;
    for (frame = q.frames; frame != n->open; frame++) frame->state = UNSENT;
    n->limit = n->durable = 0; /* ACK follows */
    n->timeout = LEAST_TIMEOUT;
    n->has_answer = n->owes_answer = false;
    n->sensors = 0;
#if QL_PICTURES
    n->was_offered = false;
    n->want_chunks = 0;
#endif
}

static void take_ack(const uint8_t *rx) {
    NEAR_STATE;
    struct frame *frame;
    uint16_t next, durable;
    uint32_t have;
    uint8_t left, newest = (uint8_t)(n->now - 127); /* when the newest of those left that came now */
    GET(next, rx + 3);
    GET(durable, rx + 5);
    GET(have, rx + 8);
    next = (uint16_t)(next - n->told.oldest);
    durable = (uint16_t)(durable - n->told.oldest);
    if (durable > next || next > (uint16_t)(n->told.next - n->told.oldest)) return;
    n->durable = (uint8_t)durable;
    n->limit = (uint8_t)(next + (rx[7] < MOST_ON_THE_WAY ? rx[7] : MOST_ON_THE_WAY));
    have <<= 1; /* bit 0: the frame `next`, which is missing */
    for (frame = q.frames, left = (uint8_t)next; frame != n->open; frame++) {
        if (left) {
            left--;
        } else {
            bool is_missing = !(have & 1);
            have >>= 1;
            if (is_missing) continue;
        }
        if (frame->state == RECEIVED) continue;
        frame->state = RECEIVED;
        n->timeout = LEAST_TIMEOUT;
        if ((int8_t)(frame->left - newest) > 0) newest = frame->left;
    }
    for (frame = q.frames; frame != n->open; frame++) {
        if (frame->state == ON_ITS_WAY && (int8_t)(newest - frame->left) > 0) frame->state = UNSENT;
    }
    forget_durable();
}

static uint8_t take_timer_command(const uint8_t *rx, uint8_t code, uint8_t count) {
    NEAR_STATE;
    struct ql_set *set = ql_sets;
    uint8_t i, which = rx[5], status = QL_BAD_ARGUMENT, needed = 1;
    uint32_t ms;
    GET(ms, rx + 6);
    if (code == QL_SET_INTERVAL) needed = 5;
    if (count < needed) return status;
    for (i = 0; i < QL_SETS; i++, set++) {
        if (which != 255 && which != i) continue;
        status = QL_DONE;
        if (code == QL_READ_NOW) {
            set->was_read = false;
        } else {
            if (set->interval_ms && ms < QL_LEAST_INTERVAL_MS) ms = QL_LEAST_INTERVAL_MS; /* what is read in intervals goes on being read */
            set->interval_ms = ms;
            PUT(q.answer.bytes, ms);
            q.answer.count = 4;
            n->sensors = 0;
        }
    }
    return status;
}

/* Device and site, each with its length in front, are as long as they may be and are all there. */
static bool is_identity(const uint8_t *arguments, uint8_t count) {
    uint8_t length = *arguments;
    if (length > IDENTITY_BYTES || (length = (uint8_t)(length + 2)) > count) return false;
    arguments += length - 1;
    return *arguments <= IDENTITY_BYTES && (uint8_t)(length + *arguments) <= count;
}

static void take_command(const uint8_t *rx, uint8_t count) {
    NEAR_STATE;
    uint8_t code = rx[4], status = QL_BAD_ARGUMENT;
    const uint8_t *arguments = rx + 5;
    if (n->head[0] == ANSWER || n->head[0] == HELLO) return; /* what leaves may not change; the command comes again */
    n->owes_answer = true;
    if (n->has_answer && q.answer.id == rx[3]) return;
    n->has_answer = true;
    q.answer.id = rx[3];
    q.answer_code = code;
    q.answer.count = 0;
    if (code == QL_SET_INTERVAL || code == QL_READ_NOW) {
        status = take_timer_command(rx, code, count);
    } else if (code != QL_SET_IDENTITY || is_identity(arguments, count)) {
        status = ql_command(code, arguments, count, &q.answer);
        if (code == QL_SET_IDENTITY) n->owes_hello = true;
    }
    q.answer.status = status;
}

#if QL_PICTURES
static void take_want(void) {
    uint32_t offset;
    uint16_t id;
    GET(id, q.rx + 3);
    GET(offset, q.rx + 5);
    if (!q.picture || id != q.picture->id) return;
    q.was_offered = true;
    q.offered_ms = q.told.now_ms; /* it comes again where the word after the last chunk is lost */
    q.again_ms = 5000;
    q.want_chunks = 0;
    if (offset == FOREVER || offset == q.picture->size) {
        if (q.head[0] != PICTURE && q.head[0] != CHUNK) q.picture = 0; /* else it is offered, and refused, once more */
    } else if (offset < q.picture->size) {
        q.want_at = offset;
        q.want_chunks = q.rx[9];
    }
}
#endif

static APART void take_frame(uint8_t count) {
    NEAR_STATE;
    const uint8_t *rx = q.rx;
    uint8_t kind;
    uint16_t first, session;
    HIDE(rx);
    kind = rx[0];
    GET(first, rx + 1);
    if (first == ('Q' | 'L' << 8)) {
        if (kind == ASK && count >= 6) {
            if (rx[5] & 1) n->owes_hello = true;
            if (rx[5] & 2) n->sensors = 0;
        }
        if (kind == OPEN && count >= 10 && rx[3] == VERSION) {
            uint16_t low, high;
            GET(session, rx + 4);
            GET(low, rx + 6);
            GET(high, rx + 8);
            if (session && low == (uint16_t)n->told.boot && high == (uint16_t)(n->told.boot >> 16)) open_session(session);
        }
    }
    if (!first || first != n->told.session) return;
    n->quiet = n->now;
    if (kind == ACK && count >= 12) take_ack(rx);
    if (kind == COMMAND && count >= 5) take_command(rx, (uint8_t)(count - 5));
#if QL_PICTURES
    if (kind == WANT && count >= 10) take_want();
#endif
}

static uint8_t received_byte(uint8_t at) { return q.rx[at]; }

static APART void take_byte(uint8_t byte) {
    NEAR_STATE;
    if (n->rx_count < QL_RX_BYTES) q.rx[n->rx_count] = byte;
    if (n->rx_count <= QL_RX_BYTES) n->rx_count++; /* one more than there is room for: too long */
}

void ql_rx(uint8_t byte) {
    NEAR_STATE;
    if (byte == 0) {
        if (!n->rx_left && n->rx_count > CRC_BYTES && n->rx_count <= QL_RX_BYTES && crc_of(n->rx_count, received_byte) == CRC_RESIDUE) take_frame((uint8_t)(n->rx_count - CRC_BYTES));
        n->rx_count = n->rx_left = n->rx_code = 0;
    } else if (n->rx_left) {
        n->rx_left--;
        take_byte(byte);
    } else {
        if ((uint8_t)(n->rx_code + 1) > 1) take_byte(0); /* not the first, and none of 255 */
        n->rx_code = byte;
        n->rx_left = (uint8_t)(byte - 1);
    }
}

/* ---- time ---- */

/* Keeps a time from coming full circle: what is 49.7 days old, less some hours, is made 4.6 hours younger. */
static APART void stop_aging(uint32_t *ms) {
    if ((uint8_t)(since(ms) >> 24) == 0xFF) *ms += 0x1000000u;
}

void ql_tick(uint32_t now_ms) {
    NEAR_STATE;
    struct frame *frame;
    uint8_t waits = SECOND;
    bool is_late = false;
    n->told.now_ms = now_ms;
    n->now = (uint8_t)((uint16_t)now_ms >> TICK_SHIFT);
    if (n->told.session) {
        waits = WAITS;
        if (!n->used) n->quiet = n->now;
    }
    if ((uint8_t)(n->now - n->quiet) >= waits) n->owes_hello = true;
    stop_aging(&n->last_ms);
    stop_aging(&q.lost.first_ms);
    for (frame = q.frames; frame <= n->open; frame++) {
        stop_aging(&frame->first_ms);
        if (frame->state == ON_ITS_WAY && (uint8_t)(n->now - frame->left) >= n->timeout) {
            frame->state = UNSENT;
            is_late = true;
        }
    }
    if (is_late && (n->timeout = (uint8_t)(2 * n->timeout)) > MOST_TIMEOUT) n->timeout = MOST_TIMEOUT;
#if QL_PICTURES
    if (!n->want_chunks && n->told.now_ms - n->offered_ms >= n->again_ms) n->was_offered = false;
#endif
}

bool ql_due(uint8_t set) {
    struct ql_set *s = &ql_sets[set];
    if (s->was_read && since(&s->last_ms) <= s->interval_ms - 1) return false; /* never, where the interval is 0 */
    keep_now(&s->last_ms);
    s->was_read = true;
    return true;
}

/* ---- the rest ---- */

void ql_init(uint32_t boot) {
    NEAR_STATE;
    n->told.boot = boot;
    n->open = q.frames;
    n->leaving = NONE;
    n->told.letters[0] = 'Q';
    n->told.letters[1] = 'L';
    n->told.least = n->told.most = VERSION;
    n->told.frame_max = QL_RX_BYTES;
    n->told.set_count = QL_SETS;
    n->sensors = QL_SETS;
    n->owes_hello = true;
}

bool ql_log(uint8_t level, const char *text) {
    uint8_t length = 0;
    if (q.log.length) return false;
    q.log.bytes = (const uint8_t *)text;
    while (QL_FLASH_BYTE(text) && length < FRAME_BYTES - CRC_BYTES - 2) text++, length++;
    q.log.length = length;
    q.log_level = level;
    return true;
}

bool ql_is_open(void) { return q.told.session != 0; }

#if QL_PICTURES
void ql_offer(const struct ql_picture *picture) {
    q.picture = picture;
    q.was_offered = false;
    q.want_chunks = 0;
}

bool ql_has_picture(void) { return q.picture != 0; }
#endif

#ifndef __AVR__
bool ql_description_fits(void) {
    static const uint8_t longest[] = {5, 5, 4, 1}; /* a value of each type */
    uint8_t i, k;
    for (i = 0; i < QL_SETS; i++) {
        const uint8_t *start = ql_sets[i].text.bytes, *text = behind(start);
        uint8_t count = *text++;
        unsigned record = 1 + 5 + 3 + 3;
        if (!count || count > 16) return false;
        for (k = 0; k < count; k++) {
            if (*text > QL_BOOL) return false;
            record += longest[*text];
            text = behind(behind(text + 2));
        }
        if (text - start != ql_sets[i].text.length || 7 + ql_sets[i].text.length > FRAME_BYTES - CRC_BYTES || record > RECORDS_MAX) return false;
    }
    return true;
}
#endif
