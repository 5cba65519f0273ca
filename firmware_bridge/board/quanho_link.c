/* The board's end of the quanho link; quanho_link.h says how it is used, docs/specs/link.md what crosses the line.
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The store is a ring of records as they are sent. frames[] says which of its bytes are one DATA frame: `closed` frames from number `oldest`
 * on, then the one that is being filled (length 0 when it is empty). A frame is named by its place behind `oldest`; frame 0 goes first.
 */
#include "quanho_link.h"

#include <string.h>

#define VERSION 1
#define CRC_BYTES 4
#define CRC_RESIDUE 0xDEBB20E3u /* what the register holds behind an intact frame and its CRC */
#define FRAME_BYTES 254         /* before COBS */
#define DATA_HEAD_BYTES 7
#define RECORDS_FIT (FRAME_BYTES - CRC_BYTES - DATA_HEAD_BYTES)
#define RECORDS_MAX (QL_STORE_BYTES / 4 < RECORDS_FIT ? QL_STORE_BYTES / 4 : RECORDS_FIT)
#define LOST_BYTES 16 /* the longest LOST record */
#define LOST_SET 31
#define MOST_ON_THE_WAY 32
#define FOREVER 0xFFFFFFFFu
#define IDENTITY_BYTES 32
#define NONE 0xFF

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

#ifdef __AVR__
#define FLASH_POINTER(address) pgm_read_ptr(address)
#define FLASH_32(address) pgm_read_dword(address)
#else
#define FLASH_POINTER(address) (*(address))
#define FLASH_32(address) (*(address))
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && defined __GNUC__
#define PACKED __attribute__((packed))
#else
#define PACKED
#endif

#ifdef __GNUC__
#define APART __attribute__((noinline)) /* smaller than a copy at each place */
#else
#define APART
#endif

struct frame {
    uint32_t first_ms; /* when its first record was taken */
    uint8_t length, state, order, left; /* left: when it last left, in 16 ms */
};

struct timer {
    uint32_t interval_ms, last_ms;
    bool is_due;
};

struct state {
    struct PACKED { /* what HELLO tells, as it tells it */
        uint16_t session;
        uint32_t boot;
        uint16_t oldest, next;
        uint32_t now_ms, lost_total;
    } told;
    uint16_t used, write, tail, base; /* store: bytes in use, next to write, first of the oldest frame, first of the frame that leaves */
    uint32_t at_ms, last_ms, lost_first_ms, lost_count, lost_span_ms;
    uint8_t acked, durable, leaving;    /* numbers of frames, modulo 256 */
    uint8_t credit, order;
    uint8_t now, hello, heard, timeout; /* in 16 ms */
    uint8_t room, count;              /* of the record that is being written */
    uint8_t sensors;                  /* sets that SENSOR has told */
    struct timer timers[QL_SETS];
    struct frame frames[QL_FRAMES];
    uint8_t store[QL_STORE_BYTES];
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

/* The wire: frames that leave and arrive. */
struct wire {
    uint8_t rx_count, rx_left, rx_code;
    uint8_t head_count, out_count, out_at, out_run; /* of the frame that leaves; before its CRC */
    bool is_busy, is_idle, needs_code, owes_hello, owes_answer, has_answer, rx_is_bad;
    uint8_t answer_id, answer_code, answer_status, log_level, log_length;
    const char *log;
    uint8_t crc[CRC_BYTES];
    uint8_t head[25]; /* as long as HELLO's fixed part */
    uint8_t rx[QL_RX_BYTES];
    struct ql_answer answer;
};

static struct wire w;

/* An AVR reaches 64 bytes from a pointer with half the instructions that a fixed address needs, if the compiler does not know where it points. */
#ifdef __AVR__
#define NEAR_STATE        \
    struct state *n = &q; \
    __asm__("" : "+b"(n))
#define NEAR_WIRE        \
    struct wire *m = &w; \
    __asm__("" : "+b"(m))
#else
#define NEAR_STATE struct state *const n = &q
#define NEAR_WIRE struct wire *const m = &w
#endif

enum { HELLO = 0x01, SENSOR, DATA, LOG, ANSWER, PICTURE, CHUNK, ASK = 0x41, OPEN, ACK, COMMAND, WANT };
enum { UNSENT, ON_ITS_WAY, RECEIVED };

/* CRC-32/ISO-HDLC. */
static APART uint32_t crc_of(uint32_t crc, uint8_t byte) {
    uint8_t i;
    crc ^= byte;
    for (i = 8; i; i--) {
        bool carry = crc & 1;
        crc >>= 1;
        if (carry) crc ^= 0xEDB88320u;
    }
    return crc;
}

/* ---- the store ---- */

static APART struct frame *frame_at(uint8_t number) { return &q.frames[number & (QL_FRAMES - 1)]; }

static uint8_t first_number(void) { return (uint8_t)q.told.oldest; }

static uint8_t open_number(void) { return (uint8_t)q.told.next; }

static uint8_t frame_count(void) { return (uint8_t)(open_number() - first_number()); }

static APART uint16_t wrapped(uint16_t place) { return place >= QL_STORE_BYTES ? (uint16_t)(place - QL_STORE_BYTES) : place; }

static APART bool close_frame(void) {
    struct frame *frame;
    if (frame_count() == QL_FRAMES - 1) return false;
    q.told.next++;
    frame = frame_at(open_number());
    frame->length = 0;
    frame->state = UNSENT;
    return true;
}

/* Forgets frames that are durable; one that is leaving has to wait. */
static APART void forget_durable(void) {
    NEAR_STATE;
    while (first_number() != n->durable && first_number() != n->leaving) {
        uint8_t length = frame_at(first_number())->length;
        n->tail = wrapped((uint16_t)(n->tail + length));
        n->used = (uint16_t)(n->used - length);
        n->told.oldest++;
    }
}

/* ---- records ---- */

static APART void write_byte(uint8_t byte) {
    if (q.count < q.room) q.store[wrapped((uint16_t)(q.write + q.count))] = byte;
    q.count++;
}

static APART void write_varint(uint32_t n) {
    while (n > 0x7F) {
        write_byte((uint8_t)((uint8_t)n | 0x80));
        n >>= 7;
    }
    write_byte((uint8_t)n);
}

static APART uint8_t field_count_of(uint8_t set) { return QL_FLASH_BYTE(&ql_sets[set].field_count); }

static const struct ql_field *fields_of(uint8_t set) { return (const struct ql_field *)FLASH_POINTER(&ql_sets[set].fields); }

static APART void write_value(uint8_t type, uint32_t bits) {
    uint8_t i;
    if (type == QL_FLOAT) {
        for (i = 4; i; i--, bits >>= 8) write_byte((uint8_t)bits);
        return;
    }
    if (type == QL_INT) {
        bool is_negative = bits >> 31;
        bits <<= 1; /* zigzag */
        if (is_negative) bits = ~bits;
    }
    write_varint(bits);
}

static APART void write_record(uint8_t set, const ql_value *values, uint16_t present, uint16_t quality) {
    const uint8_t *type;
    uint8_t count;
    write_byte((uint8_t)(set | (present == QL_ALL ? 0 : 0x20) | (quality ? 0x40 : 0)));
    write_varint(q.at_ms - q.last_ms);
    if (set == LOST_SET) {
        write_varint(q.lost_count);
        write_varint(q.lost_span_ms);
        return;
    }
    count = field_count_of(set);
    type = &fields_of(set)->type;
    if (present != QL_ALL) {
        write_byte((uint8_t)present);
        if (count > 8) write_byte((uint8_t)(present >> 8));
    }
    if (quality) write_varint(quality);
    for (; count; count--, present >>= 1, values++, type += sizeof(struct ql_field)) {
        if (present & 1) write_value(QL_FLASH_BYTE(type), values->u);
    }
}

/* Appends a record that was taken at at_ms to the open frame, or to the one after. */
static APART bool add(uint8_t set, const ql_value *values, uint16_t present, uint16_t quality) {
    NEAR_STATE;
    for (;;) {
        struct frame *frame = frame_at(open_number());
        uint16_t room = (uint16_t)(QL_STORE_BYTES - n->used);
        n->room = (uint8_t)(RECORDS_MAX - frame->length);
        if (room < n->room) n->room = (uint8_t)room;
        n->count = 0;
        if (!frame->length) frame->first_ms = n->last_ms = n->at_ms;
        write_record(set, values, present, quality);
        if (n->count <= n->room) {
            frame->length = (uint8_t)(frame->length + n->count);
            n->write = wrapped((uint16_t)(n->write + n->count));
            n->used = (uint16_t)(n->used + n->count);
            n->last_ms = n->at_ms;
            return true;
        }
        if (!frame->length || !close_frame()) return false;
    }
}

uint16_t ql_room(void) { return (uint16_t)(QL_STORE_BYTES - q.used); }

bool ql_reading_of(uint8_t set, const ql_value *values, uint16_t present, uint16_t quality) {
    NEAR_STATE;
    bool has_room = true;
    if (n->lost_count) {
        /* After a loss, readings are taken again only when LOST and the largest reading have room, in frames of their own. */
        has_room = n->used <= QL_STORE_BYTES - RECORDS_MAX - LOST_BYTES && frame_count() <= QL_FRAMES - 3;
        if (has_room) {
            n->at_ms = n->lost_first_ms;
            add(LOST_SET, 0, QL_ALL, 0);
            close_frame(); /* its time may be too far back for the next record to count from */
            n->lost_count = 0;
        }
    }
    n->at_ms = n->told.now_ms;
    if (has_room && add(set, values, present, quality)) return true;
    if (!n->lost_count) n->lost_first_ms = n->at_ms;
    n->lost_count++;
    n->lost_span_ms = n->at_ms - n->lost_first_ms;
    n->told.lost_total++;
    return false;
}

bool ql_reading(uint8_t set, const ql_value *values) { return ql_reading_of(set, values, QL_ALL, 0); }

/* ---- what leaves ---- */

/* The bytes of HELLO or SENSOR behind the head lie in pieces in flash, each with its length in it. */
static APART uint8_t piece_of(uint8_t index, const uint8_t **address) {
    const uint8_t *piece = 0, *length;
    uint8_t more = 1;
    if (w.head[0] == HELLO) {
        if (index >= QL_TAG_UNIQUE_ID - 1) {
            *address = 0;
            more = ql_identity((uint8_t)(index + 1), 0);
            return more && more <= IDENTITY_BYTES ? (uint8_t)(more + 2) : 0;
        }
        piece = &ql_items[index].tag;
        more = 2;
    } else {
        const struct ql_set *set = &ql_sets[w.head[1]];
        if (index == 0) {
            piece = &set->measurement_length;
        } else if (index == 1) {
            *address = &set->field_count;
            return 1;
        } else {
            const struct ql_field *field = fields_of(w.head[1]) + ((uint8_t)(index - 2) >> 1);
            piece = &field->unit_length;
            if (!(index & 1)) {
                piece = &field->type;
                more = 3;
            }
        }
    }
    *address = piece;
    length = piece + (uint8_t)(more - 1);
    return (uint8_t)(QL_FLASH_BYTE(length) + more);
}

static uint8_t text_byte(uint8_t at) {
    const uint8_t *address;
    uint8_t index = 0, length;
    while (at >= (length = piece_of(index, &address))) {
        at = (uint8_t)(at - length);
        if (++index == QL_TAG_SITE && w.head[0] == HELLO) return 0; /* the identity became shorter meanwhile: the CRC will not fit */
    }
    if (address) return QL_FLASH_BYTE(address + at);
    index++;
    return at ? ql_identity(index, (uint8_t)(at - 1)) : index;
}

static APART uint8_t byte_of(uint8_t i) {
    NEAR_WIRE;
    if (i < m->head_count) return m->head[i];
    if (i >= m->out_count) return m->crc[(uint8_t)(i - m->out_count)];
    i = (uint8_t)(i - m->head_count);
    if (m->head[0] == DATA) return q.store[wrapped((uint16_t)(q.base + i))];
    if (m->head[0] == LOG) return QL_FLASH_BYTE(m->log + i);
#if QL_PICTURES
    if (m->head[0] == PICTURE) return q.picture->sha256[i];
    if (m->head[0] == CHUNK) {
        uint32_t at;
        GET(at, m->head + 3);
        return q.picture->byte(at + i);
    }
#endif
    return text_byte(i);
}

static APART void start(uint8_t kind, uint8_t head_count, uint8_t tail_count) {
    NEAR_WIRE;
    uint32_t crc = FOREVER;
    uint8_t i;
    m->head[0] = kind;
    m->head_count = head_count;
    m->out_count = (uint8_t)(head_count + tail_count);
    for (i = 0; i < m->out_count; i++) crc = crc_of(crc, byte_of(i));
    crc = ~crc;
    PUT(m->crc, crc);
    m->out_at = m->out_run = 0;
    m->needs_code = m->is_busy = true;
}

static APART void start_with_texts(uint8_t kind, uint8_t head_count, uint8_t pieces) {
    const uint8_t *address;
    uint8_t count = 0;
    w.head[0] = kind;
    while (pieces--) count = (uint8_t)(count + piece_of(pieces, &address));
    start(kind, head_count, count);
}

static void put_told(void) {
    NEAR_STATE;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && defined __GNUC__
    memcpy(w.head + 5, &n->told, sizeof n->told);
#else
    PUT(w.head + 5, n->told.session);
    PUT(w.head + 7, n->told.boot);
    PUT(w.head + 11, n->told.oldest);
    PUT(w.head + 13, n->told.next);
    PUT(w.head + 15, n->told.now_ms);
    PUT(w.head + 19, n->told.lost_total);
#endif
}

static void start_hello(void) {
    NEAR_STATE;
    NEAR_WIRE;
    m->owes_hello = false;
    n->hello = n->now;
    m->head[1] = 'Q';
    m->head[2] = 'L';
    m->head[3] = m->head[4] = VERSION;
    put_told();
    m->head[23] = QL_RX_BYTES;
    m->head[24] = QL_SETS;
    start_with_texts(HELLO, 25, QL_TAG_SITE);
}

static void start_sensor(void) {
    NEAR_STATE;
    NEAR_WIRE;
    uint8_t index = n->sensors++;
    m->head[1] = index;
    m->head[2] = QL_SETS;
    PUT(m->head + 3, n->timers[index].interval_ms);
    start_with_texts(SENSOR, 7, (uint8_t)(2 + 2 * field_count_of(index)));
}

static void start_answer(void) {
    NEAR_STATE;
    NEAR_WIRE;
    m->owes_answer = false;
    PUT(m->head + 1, n->told.session);
    m->head[3] = m->answer_id;
    m->head[4] = m->answer_status;
    if (m->answer.count > QL_ANSWER_BYTES) m->answer.count = QL_ANSWER_BYTES;
    memcpy(m->head + 5, m->answer.bytes, QL_ANSWER_BYTES);
    start(ANSWER, (uint8_t)(5 + m->answer.count), 0);
}

static bool start_data(void) {
    NEAR_STATE;
    uint16_t base = n->tail, seq;
    for (seq = n->told.oldest;; seq++) {
        uint8_t number = (uint8_t)seq;
        struct frame *frame = frame_at(number);
        uint32_t age = n->told.now_ms - frame->first_ms;
        if ((int8_t)(number - n->acked) >= (int8_t)n->credit) return false;
        if (number == open_number() && (!frame->length || age < QL_FLUSH_MS || !close_frame())) return false;
        if (frame->state == UNSENT) {
            frame->state = ON_ITS_WAY;
            frame->order = ++n->order;
            frame->left = n->now;
            n->base = base;
            n->leaving = number;
            PUT(w.head + 1, seq);
            if ((uint8_t)(age >> 24) >= 0xFE) age = FOREVER;
            PUT(w.head + 3, age);
            start(DATA, DATA_HEAD_BYTES, frame->length);
            return true;
        }
        base = wrapped((uint16_t)(base + frame->length));
    }
}

#if QL_PICTURES
static void start_picture(void) {
    const struct ql_picture *p = q.picture;
    PUT(w.head + 1, p->id);
    if (q.want_chunks) {
        uint32_t left = p->size - q.want_at;
        uint8_t count = (uint8_t)(left < RECORDS_FIT ? left : RECORDS_FIT);
        PUT(w.head + 3, q.want_at);
        start(CHUNK, 7, count);
        q.want_at += count;
        q.want_chunks = q.want_at < p->size ? (uint8_t)(q.want_chunks - 1) : 0;
    } else if (!q.was_offered) {
        uint32_t age = q.told.now_ms - p->taken_ms;
        q.was_offered = true;
        q.offered_ms = q.told.now_ms;
        q.again_ms = 1000;
        PUT(w.head + 3, p->size);
        PUT(w.head + 7, age);
        w.head[11] = p->format;
        start(PICTURE, 12, 32);
    }
}
#endif

static void choose(void) {
    NEAR_STATE;
    NEAR_WIRE;
    if (m->owes_answer) {
        start_answer();
    } else if (m->owes_hello) {
        start_hello();
    } else if (n->sensors < QL_SETS) {
        start_sensor();
    } else if (n->told.session) {
        if (m->log) {
            m->head[1] = m->log_level;
            start(LOG, 2, m->log_length);
        } else if (!start_data()) {
#if QL_PICTURES
            if (n->picture) start_picture();
#endif
        }
    }
}

static void frame_has_left(void) {
    NEAR_STATE;
    w.is_busy = false;
    if (w.head[0] == LOG) w.log = 0;
    if (w.head[0] == ANSWER) ql_answered(w.answer_code);
    if (w.head[0] == DATA) {
        frame_at(n->leaving)->left = n->now;
        n->leaving = (uint8_t)(first_number() - 1); /* none that is here */
        forget_durable();
    }
}

/* COBS: a code says how many bytes follow up to the next zero, or to the end. A line that was idle gets a zero first. */
int ql_tx(void) {
    uint8_t end, at;
    if (!w.is_busy) {
        choose();
        at = w.is_idle;
        w.is_idle = !w.is_busy;
        if (!w.is_busy) return -1;
        if (at) return 0;
    }
    end = (uint8_t)(w.out_count + CRC_BYTES);
    at = w.out_at++;
    if (!w.needs_code) {
        if (w.out_run) {
            w.out_run--;
            return byte_of(at);
        }
        if (at == end) {
            frame_has_left();
            return 0;
        }
        at++; /* the zero that the code stands for */
    }
    w.out_at = at;
    w.needs_code = false;
    for (; at < end && byte_of(at); at++) w.out_run++;
    return w.out_run + 1;
}

/* ---- what arrives ---- */

static void open_session(uint16_t session) {
    NEAR_STATE;
    uint8_t i;
    w.owes_hello = true;
    if (session == n->told.session) return;
    n->told.session = session;
    for (i = first_number(); i != open_number(); i++) frame_at(i)->state = UNSENT;
    n->acked = n->durable = first_number();
    n->credit = 0; /* ACK follows */
    n->timeout = LEAST_TIMEOUT;
    w.has_answer = w.owes_answer = false;
    n->sensors = 0;
#if QL_PICTURES
    n->was_offered = false;
    n->want_chunks = 0;
#endif
}

static void take_ack(void) {
    NEAR_STATE;
    NEAR_WIRE;
    uint16_t next, durable;
    uint32_t have;
    uint8_t i, newest = 0;
    bool moved = false, is_received, is_beyond = false;
    GET(next, m->rx + 3);
    GET(durable, m->rx + 5);
    GET(have, m->rx + 8);
    if ((uint16_t)(next - n->told.oldest) > frame_count() || (uint16_t)(next - durable) > (uint16_t)(next - n->told.oldest)) return;
    n->acked = (uint8_t)next;
    n->durable = (uint8_t)durable;
    n->credit = m->rx[7] < MOST_ON_THE_WAY ? m->rx[7] : MOST_ON_THE_WAY;
    is_received = true;
    for (i = first_number(); i != open_number(); i++) {
        struct frame *frame = frame_at(i);
        if (i == n->acked) is_beyond = true, is_received = false;
        else if (is_beyond) {
            is_received = have & 1;
            have >>= 1;
        }
        if (is_received && frame->state != RECEIVED) {
            frame->state = RECEIVED;
            if (!moved || (int8_t)(frame->order - newest) > 0) newest = frame->order;
            moved = true;
        }
    }
    if (moved) {
        n->timeout = LEAST_TIMEOUT;
        for (i = first_number(); i != open_number(); i++) {
            struct frame *frame = frame_at(i);
            if (frame->state == ON_ITS_WAY && (int8_t)(newest - frame->order) > 0) frame->state = UNSENT;
        }
    }
    forget_durable();
}

static uint8_t take_timer_command(uint8_t code, uint8_t count) {
    NEAR_STATE;
    uint8_t i, set = w.rx[5], status = QL_BAD_ARGUMENT;
    uint32_t ms;
    GET(ms, w.rx + 6);
    if (count < (code == QL_SET_INTERVAL ? 5 : 1)) return status;
    for (i = 0; i < QL_SETS; i++) {
        struct timer *timer = &n->timers[i];
        if (set != 255 && set != i) continue;
        if (code == QL_READ_NOW) {
            timer->is_due = true;
        } else {
            if (timer->interval_ms && ms < QL_LEAST_INTERVAL_MS) ms = QL_LEAST_INTERVAL_MS; /* what is read in intervals goes on being read */
            timer->interval_ms = ms;
            PUT(w.answer.bytes, ms);
            w.answer.count = 4;
            n->sensors = 0;
        }
        status = QL_DONE;
    }
    return status;
}

static bool is_identity(const uint8_t *arguments, uint8_t count) {
    uint8_t i;
    for (i = 2; i; i--) {
        if (!count || *arguments > IDENTITY_BYTES || *arguments >= count) return false;
        count = (uint8_t)(count - 1 - *arguments);
        arguments += 1 + *arguments;
    }
    return true;
}

static void take_command(uint8_t count) {
    NEAR_WIRE;
    uint8_t code = m->rx[4], status = QL_BAD_ARGUMENT;
    const uint8_t *arguments = m->rx + 5;
    if (m->is_busy && (m->head[0] == ANSWER || m->head[0] == HELLO)) return; /* what leaves may not change; the command comes again */
    m->owes_answer = true;
    if (m->has_answer && m->answer_id == m->rx[3]) return;
    m->has_answer = true;
    m->answer_id = m->rx[3];
    m->answer_code = code;
    m->answer.count = 0;
    if (code <= QL_READ_NOW) {
        status = take_timer_command(code, count);
    } else if (code != QL_SET_IDENTITY || is_identity(arguments, count)) {
        status = ql_command(code, arguments, count, &m->answer);
        if (code == QL_SET_IDENTITY) m->owes_hello = true;
    }
    m->answer_status = status;
}

#if QL_PICTURES
static void take_want(void) {
    uint32_t offset;
    uint16_t id;
    GET(id, w.rx + 3);
    GET(offset, w.rx + 5);
    if (!q.picture || id != q.picture->id) return;
    q.was_offered = true;
    q.offered_ms = q.told.now_ms; /* it comes again where the word after the last chunk is lost */
    q.again_ms = 5000;
    q.want_chunks = 0;
    if (offset == FOREVER || offset == q.picture->size) {
        if (!(w.is_busy && (w.head[0] == PICTURE || w.head[0] == CHUNK))) q.picture = 0; /* else it is offered, and refused, once more */
    } else if (offset < q.picture->size) {
        q.want_at = offset;
        q.want_chunks = w.rx[9];
    }
}
#endif

static void take_frame(uint8_t count) {
    NEAR_STATE;
    uint8_t kind = w.rx[0];
    uint16_t first, session;
    GET(first, w.rx + 1);
    if (kind == ASK || kind == OPEN) {
        if (first != ('Q' | 'L' << 8)) return;
        if (kind == ASK) {
            if (count < 6) return;
            if (w.rx[5] & 1) w.owes_hello = true;
            if (w.rx[5] & 2) n->sensors = 0;
        } else {
            GET(session, w.rx + 4);
            if (count >= 10 && w.rx[3] == VERSION && session && !memcmp(w.rx + 6, &n->told.boot, 4)) open_session(session);
        }
        return;
    }
    if (!first || first != n->told.session) return;
    if (kind == ACK && count >= 12) take_ack();
    if (kind == COMMAND && count >= 5) take_command((uint8_t)(count - 5));
#if QL_PICTURES
    if (kind == WANT && count >= 10) take_want();
#endif
}

static void end_of_frame(void) {
    NEAR_WIRE;
    uint32_t crc = FOREVER;
    uint8_t i;
    if (m->rx_is_bad || m->rx_left || m->rx_count <= CRC_BYTES) return;
    for (i = 0; i < m->rx_count; i++) crc = crc_of(crc, m->rx[i]);
    if (crc != CRC_RESIDUE) return;
    q.heard = q.now;
    take_frame((uint8_t)(m->rx_count - CRC_BYTES));
}

static APART void take_byte(uint8_t byte) {
    NEAR_WIRE;
    if (m->rx_count == QL_RX_BYTES) {
        m->rx_is_bad = true;
    } else {
        m->rx[m->rx_count++] = byte;
    }
}

void ql_rx(uint8_t byte) {
    NEAR_WIRE;
    if (byte == 0) {
        end_of_frame();
        m->rx_count = m->rx_left = m->rx_code = 0;
        m->rx_is_bad = false;
    } else if (m->rx_left) {
        m->rx_left--;
        take_byte(byte);
    } else {
        if ((uint8_t)(m->rx_code + 1) > 1) take_byte(0); /* not the first, and none of 255 */
        m->rx_code = byte;
        m->rx_left = (uint8_t)(byte - 1);
    }
}

/* ---- time ---- */

/* Keeps a time from coming full circle: what is 49.7 days old, less 4.6 hours, is made as much younger. */
static APART void stop_aging(uint32_t *ms) {
    NEAR_STATE;
    if ((uint8_t)((n->told.now_ms - *ms) >> 24) == 0xFF) *ms += 0x1000000u;
}

void ql_tick(uint32_t now_ms) {
    NEAR_STATE;
    uint8_t i;
    bool is_late = false;
    n->told.now_ms = now_ms;
    n->now = (uint8_t)(now_ms >> TICK_SHIFT);
    if (!n->told.session ? (uint8_t)(n->now - n->hello) >= SECOND : n->used && (uint8_t)(n->now - n->hello) >= WAITS && (uint8_t)(n->now - n->heard) >= WAITS)
        w.owes_hello = true;
    stop_aging(&n->last_ms);
    stop_aging(&n->lost_first_ms);
    for (i = first_number();; i++) {
        struct frame *frame = frame_at(i);
        stop_aging(&frame->first_ms);
        if (i == open_number()) break;
        if (frame->state == ON_ITS_WAY && (uint8_t)(n->now - frame->left) >= n->timeout) {
            frame->state = UNSENT;
            is_late = true;
        }
    }
    if (is_late) n->timeout = n->timeout > MOST_TIMEOUT / 2 ? MOST_TIMEOUT : (uint8_t)(2 * n->timeout);
#if QL_PICTURES
    if (!n->want_chunks && n->told.now_ms - n->offered_ms >= n->again_ms) n->was_offered = false;
#endif
}

bool ql_due(uint8_t set) {
    struct timer *timer = &q.timers[set];
    if (!timer->is_due && (!timer->interval_ms || q.told.now_ms - timer->last_ms < timer->interval_ms)) return false;
    timer->last_ms = q.told.now_ms;
    timer->is_due = false;
    return true;
}

/* ---- the rest ---- */

void ql_init(uint32_t boot) {
    NEAR_STATE;
    uint8_t i;
    memset(&q, 0, sizeof q);
    memset(&w, 0, sizeof w);
    n->told.boot = boot;
    n->leaving = NONE;
    n->sensors = QL_SETS;
    w.owes_hello = w.is_idle = true;
    for (i = 0; i < QL_SETS; i++) {
        n->timers[i].interval_ms = FLASH_32(&ql_sets[i].interval_ms);
        n->timers[i].is_due = true;
    }
}

bool ql_log(uint8_t level, const char *text) {
    uint8_t length = 0;
    if (w.log) return false;
    while (QL_FLASH_BYTE(text + length) && length < FRAME_BYTES - CRC_BYTES - 2) length++;
    w.log_length = length;
    w.log_level = level;
    w.log = text;
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
        const struct ql_set *set = &ql_sets[i];
        unsigned sensor = 7u + 1 + set->measurement_length + 1, record = 1 + 5 + 3 + 3;
        if (!set->field_count || set->field_count > 16) return false;
        for (k = 0; k < set->field_count; k++) {
            const struct ql_field *field = &set->fields[k];
            if (field->type > QL_BOOL) return false;
            sensor += 4u + field->name_length + field->unit_length;
            record += longest[field->type];
        }
        if (sensor > FRAME_BYTES - CRC_BYTES || record > RECORDS_MAX) return false;
    }
    return true;
}
#endif
