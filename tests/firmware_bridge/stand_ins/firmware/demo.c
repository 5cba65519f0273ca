/*
 * The smallest firmware that is worth flashing: a line of text a tenth of a second, "demo FW ADC0 RESETS DHT PULSES\n" and a zero byte, at
 * 115,200 baud, and an echo of what it is sent. RESETS is a counter in EEPROM, DHT the raw 32 bits of a DHT22 on PD4, PULSES falling edges
 * on PD2. To an "F" it sends 1,000 bytes "x" and then "took T\n", T in units of 64 cycles.
 */
#include <avr/eeprom.h>
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/wdt.h>
#include <stdio.h>
#include <util/delay.h>

#ifndef FW
#define FW 1
#endif

static volatile unsigned pulses;

ISR(INT0_vect) { pulses++; }

static void put(char c)
{
	while (!(UCSR0A & _BV(UDRE0)))
		;
	UDR0 = c;
}

static unsigned analog(void)
{
	ADMUX = _BV(REFS0);
	ADCSRA = _BV(ADEN) | _BV(ADSC) | 7;
	while (ADCSRA & _BV(ADSC))
		;
	return ADC;
}

#ifdef WITH_DHT
static unsigned while_level(unsigned char level)
{
	unsigned n = 0;
	while (!!(PIND & _BV(PD4)) == level && ++n < 400)
		_delay_us(1);
	return n;
}

static unsigned long dht(void)
{
	unsigned long bits = 0;
	DDRD |= _BV(PD4);
	_delay_ms(2);
	DDRD &= ~_BV(PD4);
	while_level(1);
	while_level(0);
	while_level(1);
	for (unsigned char i = 0; i < 32; i++) {
		while_level(0);
		bits = bits << 1 | (while_level(1) > 20);
	}
	while_level(0);
	_delay_ms(2);
	return bits;
}
#else
static unsigned long dht(void) { return 0; }
#endif

static void fill(void)
{
	char line[16];
	TCCR1A = 0;
	TCCR1B = _BV(CS11) | _BV(CS10);
	TCNT1 = 0;
	for (unsigned n = 0; n < 1000; n++)
		put('x');
	sprintf(line, "took %u\n", TCNT1);
	for (char *c = line; *c; c++)
		put(*c);
}

int main(void)
{
	char line[48];
	unsigned char resets = eeprom_read_byte((unsigned char *)1) + 1;
	wdt_disable();
	eeprom_write_byte((unsigned char *)1, resets);
	UCSR0A = _BV(U2X0);
	UBRR0 = 16;
	UCSR0B = _BV(TXEN0) | _BV(RXEN0);
#ifdef EICRA
	EICRA = 2;
	EIMSK = 1;
#endif
	sei();
	for (;;) {
		sprintf(line, "demo %d %u %u %lx %u\n", FW, analog(), resets, dht(), pulses);
		for (char *c = line; *c; c++)
			put(*c);
		put('\0');
		for (unsigned n = 0; n < 10000; n++) {
			if (UCSR0A & _BV(RXC0)) {
				char c = UDR0;
				if (c == 'F')
					fill();
				else
					put(c);
			}
			_delay_us(10);
		}
	}
}
