/* UART 0 by interrupt: 115,200 baud with U2X (16 MHz / 8 / 17 is 2.1 % fast, which both ends stand), queues of 64 bytes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "uart.h"

#include <avr/interrupt.h>
#include <avr/io.h>

#define QUEUE_BYTES 64 /* a power of two */

struct queue {
    volatile uint8_t in, out, bytes[QUEUE_BYTES];
};

static struct queue heard, said;
static volatile bool was_used;

static uint8_t count_of(const struct queue *queue) { return (uint8_t)(queue->in - queue->out); }

void uart_start(void) {
    UCSR0A = _BV(U2X0);
    UBRR0 = 16;
    UCSR0C = _BV(UCSZ00) | _BV(UCSZ01);
    UCSR0B = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0);
}

ISR(USART_RX) {
    uint8_t byte = UDR0;
    if (count_of(&heard) < QUEUE_BYTES) heard.bytes[heard.in++ & (QUEUE_BYTES - 1)] = byte;
}

ISR(USART_UDRE) {
    if (count_of(&said)) {
        UCSR0A |= _BV(TXC0);
        UDR0 = said.bytes[said.out++ & (QUEUE_BYTES - 1)];
    } else {
        UCSR0B &= (uint8_t)~_BV(UDRIE0);
    }
}

int uart_read(void) {
    uint8_t byte;
    if (!count_of(&heard)) return -1;
    byte = heard.bytes[heard.out & (QUEUE_BYTES - 1)];
    heard.out++; /* only now may the interrupt write there */
    return byte;
}

bool uart_has_room(void) { return count_of(&said) < QUEUE_BYTES; }

void uart_write(uint8_t byte) {
    said.bytes[said.in & (QUEUE_BYTES - 1)] = byte;
    said.in++; /* only now may the interrupt send it */
    was_used = true;
    UCSR0B |= _BV(UDRIE0);
}

bool uart_is_done(void) { return !count_of(&said) && (!was_used || (UCSR0A & _BV(TXC0))); }
