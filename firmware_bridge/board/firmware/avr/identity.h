/* Who this board is, in EEPROM: boot counter, unique id, and the device and site that the gateway wrote.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <stdint.h>

uint32_t identity_count_boot(void);
uint8_t identity_byte(uint8_t at);              /* as ql_identity() */
void identity_keep(const uint8_t *arguments);   /* device and site, each a length byte and the text */
void identity_stir(uint16_t moment);            /* when a byte arrived: the first one makes the unique id, once in the board's life */

#endif
