/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UART_H
#define UART_H

#include <avr/io.h>
#include <stdbool.h>
#include <stdint.h>

#ifndef USART_RX_vect /* the Mega has four */
#define USART_RX USART0_RX_vect
#define USART_UDRE USART0_UDRE_vect
#else
#define USART_RX USART_RX_vect
#define USART_UDRE USART_UDRE_vect
#endif

void uart_start(void);
int uart_read(void); /* -1: none */
bool uart_has_room(void);
void uart_write(uint8_t byte); /* only where there is room */
bool uart_is_done(void);       /* the last bit has left */

#endif
