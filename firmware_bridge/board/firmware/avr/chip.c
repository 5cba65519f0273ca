/* SPDX-License-Identifier: Apache-2.0 */
#include "chip.h"

#include "identity.h"
#include "quanho_link.h"
#include "restart.h"
#include "uart.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/wdt.h>
#include <util/atomic.h>

static volatile uint32_t ms;
static uint32_t blink_until_ms;
static bool is_blinking, restarts, restarts_into_bootloader;

ISR(TIMER0_COMPA_vect) { ms++; }

void chip_start(void) {
    wdt_enable(WDTO_2S);
    LED_DIRECTION |= _BV(LED_BIT);
    TCCR0A = _BV(WGM01); /* 16 MHz / 64 / 250: 1 kHz */
    TCCR0B = _BV(CS01) | _BV(CS00);
    OCR0A = 249;
    TIMSK0 = _BV(OCIE0A);
    uart_start();
    sei();
}

uint32_t chip_ms(void) {
    uint32_t now;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { now = ms; }
    return now;
}

static void blink(uint32_t now) {
    if (!is_blinking) return;
    if ((int32_t)(now - blink_until_ms) < 0) {
        if (now / 100 & 1) {
            LED_PORT |= _BV(LED_BIT);
            return;
        }
    } else {
        is_blinking = false;
    }
    LED_PORT &= (uint8_t)~_BV(LED_BIT);
}

void chip_blink(uint16_t for_ms) {
    blink_until_ms = chip_ms() + for_ms;
    is_blinking = true;
}

void chip_exchange(void) {
    uint32_t now = chip_ms();
    int byte;
    wdt_reset();
    ql_tick(now);
    blink(now);
    while ((byte = uart_read()) >= 0) {
        identity_stir((uint16_t)((uint16_t)now << 8 | TCNT0));
        ql_rx((uint8_t)byte);
    }
    while (!restarts && uart_has_room() && (byte = ql_tx()) >= 0) uart_write((uint8_t)byte);
    if (restarts && uart_is_done()) restart(restarts_into_bootloader);
}

void chip_restart_when_sent(bool into_bootloader) {
    restarts = true;
    restarts_into_bootloader = into_bootloader;
}

bool chip_has_bootloader(void) { return restart_finds_bootloader(); }

uint32_t chip_boot(void) { return identity_count_boot(); }

uint8_t chip_identity(uint8_t at) { return identity_byte(at); }

void chip_keep_identity(const uint8_t *arguments) { identity_keep(arguments); }
