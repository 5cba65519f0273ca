/* What the firmwares for ATmega328P (Uno, Nano) and ATmega2560 (Mega) share: UART, clock, watchdog, EEPROM, restart.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CHIP_H
#define CHIP_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__AVR_ATmega328P__)
#define BOARD_NAME "atmega328p-uno"
#define LED_PORT PORTB
#define LED_DIRECTION DDRB
#define LED_BIT 5
#elif defined(__AVR_ATmega2560__)
#define BOARD_NAME "atmega2560-mega"
#define LED_PORT PORTB
#define LED_DIRECTION DDRB
#define LED_BIT 7
#else
#error "this firmware knows the ATmega328P and the ATmega2560"
#endif

void chip_start(void);        /* UART at 115,200 baud, a clock, the watchdog at 2 s */
uint32_t chip_ms(void);       /* since the start */
uint32_t chip_boot(void);     /* counted up in EEPROM once a start */
void chip_exchange(void);     /* bytes between UART and link; feeds the watchdog. Call it in every round of the main loop */
bool chip_has_bootloader(void);
uint8_t chip_identity(uint8_t at);                                           /* for ql_identity() */
void chip_keep_identity(const uint8_t *arguments);                           /* of QL_SET_IDENTITY */
void chip_restart_when_sent(bool into_bootloader);                           /* once the UART is done */
void chip_blink(uint16_t ms);                                                /* the LED, five times a second */

#endif
