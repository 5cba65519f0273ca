/* A DHT22 (AM2302) on Arduino's pin 3, read without waiting: an interrupt times the falling edges, so that the UART goes on meanwhile.
 *
 * The gateway pulls the line low for 1 ms or more and lets go. The sensor answers 80 us low, 80 us high, then 40 bits, each 50 us low and 26
 * us high for 0, 70 us for 1 (AM2302 data sheet, "single-bus"). From falling edge to falling edge a 0 takes 76 us and a 1 takes 120 us, so
 * 100 us divide them, whatever an interrupt is late by. Bits, first the highest: humidity in tenths u16, temperature in tenths (bit 15: below
 * zero), the sum of the four bytes. A DHT11 does not speak like this.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "dht22.h"

#include <avr/interrupt.h>
#include <avr/io.h>

#define ASK_MS 2
#define ANSWER_MS 10
#define HALF_US_OF_ONE 200
#define EDGES 42 /* of the answer and of each bit's end */

#ifdef __AVR_ATmega2560__
#define LINE_PORT PORTE
#define LINE_DIRECTION DDRE
#define LINE_BIT 5
#define LINE_vect INT5_vect
#define LINE_MASK _BV(INT5)
#define LINE_SENSE EICRB
#define LINE_FALLING _BV(ISC51)
#else
#define LINE_PORT PORTD
#define LINE_DIRECTION DDRD
#define LINE_BIT 3
#define LINE_vect INT1_vect
#define LINE_MASK _BV(INT1)
#define LINE_SENSE EICRA
#define LINE_FALLING _BV(ISC11)
#endif

static volatile uint8_t edges, bytes[5];
static volatile uint16_t last;
static uint32_t since_ms;
static enum { IDLE, ASKING, LISTENING } state;

ISR(LINE_vect) {
    uint16_t now = TCNT1, between = (uint16_t)(now - last);
    last = now;
    if (edges >= 2 && edges < EDGES) {
        volatile uint8_t *byte = &bytes[(uint8_t)(edges - 2) >> 3];
        *byte = (uint8_t)(*byte << 1 | (between > HALF_US_OF_ONE));
    }
    if (edges < 255) edges++;
}

void dht22_start(uint32_t now_ms) {
    if (state != IDLE) return;
    TCCR1A = 0;
    TCCR1B = _BV(CS11); /* 2 MHz */
    LINE_SENSE = (uint8_t)(LINE_SENSE | LINE_FALLING);
    LINE_PORT &= (uint8_t)~_BV(LINE_BIT);
    LINE_DIRECTION |= _BV(LINE_BIT);
    since_ms = now_ms;
    state = ASKING;
}

static bool is_right(void) { return (uint8_t)(bytes[0] + bytes[1] + bytes[2] + bytes[3]) == bytes[4]; }

enum dht22_result dht22_result(uint32_t now_ms) {
    if (state == ASKING && now_ms - since_ms > ASK_MS) {
        uint8_t i;
        for (i = 0; i < 5; i++) bytes[i] = 0;
        edges = 0;
        since_ms = now_ms;
        state = LISTENING;
        LINE_DIRECTION &= (uint8_t)~_BV(LINE_BIT);
        LINE_PORT |= _BV(LINE_BIT); /* pull-up */
        EIFR = LINE_MASK;
        EIMSK |= LINE_MASK;
    } else if (state == LISTENING && now_ms - since_ms > ANSWER_MS) {
        EIMSK &= (uint8_t)~LINE_MASK;
        state = IDLE;
        if (!edges) return DHT22_SILENT;
        return edges == EDGES && is_right() ? DHT22_READ : DHT22_GARBLED;
    }
    return DHT22_BUSY;
}

int16_t dht22_tenths_celsius(void) {
    int16_t n = (int16_t)((bytes[2] & 0x7F) << 8 | bytes[3]);
    return bytes[2] & 0x80 ? (int16_t)-n : n;
}

uint16_t dht22_tenths_percent(void) { return (uint16_t)(bytes[0] << 8 | bytes[1]); }
