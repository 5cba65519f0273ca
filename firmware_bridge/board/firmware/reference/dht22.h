/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DHT22_H
#define DHT22_H

#include <stdbool.h>
#include <stdint.h>

enum dht22_result { DHT22_BUSY, DHT22_READ, DHT22_SILENT, DHT22_GARBLED };

void dht22_start(uint32_t now_ms); /* asks; no more often than every 2 s */
enum dht22_result dht22_result(uint32_t now_ms);
int16_t dht22_tenths_celsius(void);
uint16_t dht22_tenths_percent(void);

#endif
