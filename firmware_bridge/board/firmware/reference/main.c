/* The reference sensor for Uno and Mega: a DHT22 on pin 3, a voltage of 0 to 5 V on A0, a tipping-bucket rain gauge (0.2 mm a tip) from pin 2
 * to ground.
 *
 * FW_VERSION is the version that HELLO tells; FW_INTERVAL_MS shortens the intervals. FW_BAD makes images that an updater has to turn back:
 * 1 never says hello, 2 says hello and reports what cannot be, 3 says hello and then nothing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "chip.h"
#include "dht22.h"
#include "quanho_link.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/wdt.h>
#include <util/atomic.h>

#ifndef FW_VERSION
#define FW_VERSION "1.0.0"
#endif
#ifndef FW_BUILD
#define FW_BUILD "reference"
#endif
#ifndef FW_INTERVAL_MS
#define FW_INTERVAL_MS 10000
#endif
#ifndef FW_BAD
#define FW_BAD 0
#endif

enum { WEATHER, VOLTAGE, RAIN };

#define TIP_TENTHS_MM 2
#define BOUNCE_MS 3
#define DHT22_EVERY_MS 2000

QL_ITEMS(BOARD_NAME, "reference", FW_VERSION, FW_BUILD);
#define WEATHER_FIELDS(FIELD) FIELD(QL_INT, -1, temperature, "Cel") FIELD(QL_INT, -1, humidity, "%")
#define VOLTAGE_FIELDS(FIELD) FIELD(QL_INT, -3, voltage, "V")
#define RAIN_FIELDS(FIELD) FIELD(QL_COUNTER, -1, rain_total, "mm")
QL_DESCRIBE(weather, "weather", WEATHER_FIELDS);
QL_DESCRIBE(voltage, "power", VOLTAGE_FIELDS);
QL_DESCRIBE(rain, "weather", RAIN_FIELDS);
struct ql_set ql_sets[QL_SETS] = {QL_SET(weather, FW_INTERVAL_MS), QL_SET(voltage, FW_INTERVAL_MS), QL_SET(rain, FW_INTERVAL_MS)};

static volatile uint16_t tips;

uint8_t ql_identity(uint8_t at) { return chip_identity(at); }

uint8_t ql_command(uint8_t code, const uint8_t *arguments, uint8_t count, struct ql_answer *answer) {
    (void)answer;
    switch (code) {
    case QL_IDENTIFY:
        if (count < 2) return QL_BAD_ARGUMENT;
        chip_blink((uint16_t)(arguments[0] | arguments[1] << 8));
        return QL_DONE;
    case QL_SET_IDENTITY: chip_keep_identity(arguments); return QL_DONE;
    case QL_RESTART: return QL_DONE;
    case QL_RESTART_INTO_BOOTLOADER: return chip_has_bootloader() ? QL_DONE : QL_REFUSED;
    default: return QL_UNKNOWN;
    }
}

void ql_answered(uint8_t code) {
    if (code == QL_RESTART || (code == QL_RESTART_INTO_BOOTLOADER && chip_has_bootloader())) chip_restart_when_sent(code != QL_RESTART);
}

/* Pin 2: the reed switch of the gauge closes for some ms a tip, and bounces. */
#ifdef __AVR_ATmega2560__
ISR(INT4_vect)
#else
ISR(INT0_vect)
#endif
{
    static uint16_t last_ms;
    uint16_t now = (uint16_t)chip_ms();
    if ((uint16_t)(now - last_ms) >= BOUNCE_MS) tips++;
    last_ms = now;
}

static void start_sensors(void) {
#ifdef __AVR_ATmega2560__
    PORTE |= _BV(4);
    EICRB |= _BV(ISC41);
    EIMSK |= _BV(INT4);
#else
    PORTD |= _BV(2);
    EICRA |= _BV(ISC01);
    EIMSK |= _BV(INT0);
#endif
    ADMUX = _BV(REFS0); /* AVCC; channel 0 */
    ADCSRA = _BV(ADEN) | _BV(ADPS2) | _BV(ADPS1) | _BV(ADPS0);
}

static void read_voltage(void) {
    ql_value value;
    ADCSRA |= _BV(ADSC);
    while (ADCSRA & _BV(ADSC)) {} /* 104 us */
    value.i = (int32_t)((uint32_t)ADC * 5000 / 1024);
#if FW_BAD == 2
    value.i = -99999;
#endif
    ql_reading(VOLTAGE, &value);
}

static void read_rain(void) {
    ql_value value;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { value.u = (uint32_t)tips * TIP_TENTHS_MM; }
    ql_reading(RAIN, &value);
}

static void report_weather(void) {
    ql_value values[2];
    values[0].i = dht22_tenths_celsius();
    values[1].i = dht22_tenths_percent();
#if FW_BAD == 2
    values[0].i = 9999;
    values[1].i = -500;
#endif
    ql_reading(WEATHER, values);
}

/* Where there is no sensor, or it is not understood, nothing is reported; the log says so once. */
static void read_weather(uint32_t now) {
    static uint32_t asked_ms;
    static bool is_asked, was_told;
    const char *fault = 0;
    if (ql_due(WEATHER) && (!is_asked || now - asked_ms >= DHT22_EVERY_MS)) {
        is_asked = true;
        asked_ms = now;
        dht22_start(now);
#if FW_BAD == 2
        report_weather();
#endif
    }
    switch (dht22_result(now)) {
    case DHT22_READ:
        was_told = false;
        report_weather();
        break;
    case DHT22_SILENT: fault = PSTR("no answer from a DHT22 on pin 3: is it connected, with 10 k to 5 V?"); break;
    case DHT22_GARBLED: fault = PSTR("the DHT22 on pin 3 is not understood: cable too long, or a DHT11?"); break;
    case DHT22_BUSY: break;
    }
    if (fault && !was_told) was_told = ql_log(QL_WARNING, fault);
}

int main(void) {
    chip_start();
#if FW_BAD == 1
    for (;;) wdt_reset();
#endif
    start_sensors();
    ql_init(chip_boot());
    for (;;) {
        chip_exchange();
        if (FW_BAD == 3) continue;
        if (ql_due(VOLTAGE)) read_voltage();
        if (ql_due(RAIN)) read_rain();
        read_weather(chip_ms());
    }
}
