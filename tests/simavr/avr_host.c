/*
 * avr_host: an AVR board in software, behind a pseudo-terminal.
 *
 * Copyright (C) 2026 the quanho contributors
 *
 * This program is free software: you can redistribute it and/or modify it under the terms of the GNU General Public
 * License as published by the Free Software Foundation, either version 3 of the License, or (at your option) any later
 * version. It is distributed in the hope that it will be useful, but WITHOUT ANY WARRANTY; without even the implied
 * warranty of MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE. See <https://www.gnu.org/licenses/>.
 *
 * It is linked against libsimavr (GPL-3+) and is a test tool; README.md beside it says what that means for quanho.
 *
 * The chip runs real machine code at 16 MHz in real time (or as fast as it can: --unpaced). UART0 is the pty, a board's
 * USB socket; DTR comes by datagrams from ptydtr.c; a power cut keeps flash and EEPROM and nothing else.
 *
 *   avr_host --mcu NAME --tty LINK [--application HEX] [--bootloader HEX] [--eeprom FILE] [--dtr FOLDER]
 *            [--reset-on-open] [--unpaced] [--any-baud] [--unplugged]
 *
 * Each line on stdin is a command, and gets one line on stdout, "ok ..." or "error ...":
 *   reset | unplug | plug | dump FILE | eeprom FILE | adc CHANNEL MILLIVOLT | pulse PIN COUNT | dht PIN CELSIUS PERCENT
 *   dht off | damage N (spoil one byte in each Nth zero-ended frame that the board sends; 0: none) | state | quit
 * PIN is a port and a bit: PD2. End of stdin is quit. What happens by itself is told on stderr.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <avr_adc.h>
#include <avr_eeprom.h>
#include <avr_ioport.h>
#include <avr_uart.h>
#include <sim_avr.h>
#include <sim_hex.h>
#include <sim_irq.h>

#define HZ 16000000u
#define TICK_CYCLES 32000u          /* 2 ms */
#define BYTE_CYCLES 1400u           /* a byte at 115,200 baud, when the firmware has not set a rate yet */
#define CATCH_UP_NS 100000000u      /* of more the chip knows nothing: it must not hurry through a bootloader's second */
#define PULSE_CYCLES (HZ / 200)     /* 5 ms low, 5 ms high: slower than the bounce that firmwares filter out */
#define US(n) ((n) * (HZ / 1000000u))
#define SPARE_FLASH 0x10000u        /* wild programs read and write past the end, where simavr has no check: LPM takes 16 bits */
#define MCUSR 0x54                  /* the same in data space for ATmega328P and 2560, as are the three below */
#define UCSR0A 0xC0
#define UCSR0B 0xC1
#define UBRR0L 0xC4
#define PORF 0x01
#define EXTRF 0x02

static struct {
	const char *mcu, *tty, *application, *bootloader, *eeprom, *dtr;
	bool reset_on_open, unpaced, any_baud, unplugged;
} option;

static avr_t *avr;
static avr_irq_t *uart_in;
static avr_uart_t *uart;
static avr_flashaddr_t start_pc;
static volatile sig_atomic_t wants_reset, wants_quit;

static int master = -1, slave = -1, dtr_socket = -1, dtr_was;
static char slave_name[64], dtr_path[108];
static bool is_open, is_xoff, is_garbled;
static uint8_t from_client[512], to_client[512];
static size_t from_count, from_at, to_count;
static avr_cycle_count_t next_feed;
static uint32_t noise = 0x2545F491;

static uint64_t base_ns; /* real time and the chip's own, when they were last made equal */
static avr_cycle_count_t base_cycle;

static uint32_t adc_mv[16];
static unsigned damage_every, frame_count, frame_at, damage_at;
static bool is_damage_due;
static struct { uint64_t resets, crashes, sent, dropped, heard, overrun, damaged; } count;

static uint32_t random_bits(void)
{
	noise ^= noise << 13;
	noise ^= noise >> 17;
	return noise ^= noise << 5;
}

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fail(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fprintf(stderr, "avr_host: ");
	vfprintf(stderr, format, arguments);
	fprintf(stderr, "\n");
	va_end(arguments);
	exit(1);
}

/* ---- memories ---- */

static avr_flashaddr_t load_hex(const char *path)
{
	ihex_chunk_p chunks = NULL;
	int n = read_ihex_chunks(path, &chunks); /* read_ihex_file would return the first chunk only */
	avr_flashaddr_t lowest = avr->flashend + 1;
	if (n <= 0)
		fail("%s: not an Intel HEX file", path);
	for (int i = 0; i < n; i++) {
		if (chunks[i].baseaddr + chunks[i].size > avr->flashend + 1)
			fail("%s: bytes at 0x%x to 0x%x are past the end of flash (0x%x)", path, chunks[i].baseaddr,
			     chunks[i].baseaddr + chunks[i].size, avr->flashend + 1);
		memcpy(avr->flash + chunks[i].baseaddr, chunks[i].data, chunks[i].size);
		if (chunks[i].baseaddr < lowest)
			lowest = chunks[i].baseaddr;
	}
	free_ihex_chunks(chunks);
	return lowest;
}

static bool write_file(const char *path, const void *data, size_t size)
{
	char beside[512];
	snprintf(beside, sizeof beside, "%s.part", path);
	FILE *out = fopen(beside, "wb");
	if (!out)
		return false;
	bool ok = fwrite(data, 1, size, out) == size;
	ok = fclose(out) == 0 && ok;
	return ok && rename(beside, path) == 0;
}

static uint32_t eeprom_bytes(void) { return (uint32_t)avr->e2end + 1; }

static bool save_eeprom(const char *path)
{
	avr_eeprom_desc_t d = { .ee = NULL, .offset = 0, .size = eeprom_bytes() };
	avr_ioctl(avr, AVR_IOCTL_EEPROM_GET, &d); /* ee NULL: a pointer to the whole comes back */
	return d.ee && write_file(path, d.ee, eeprom_bytes());
}

static void load_eeprom(void)
{
	uint8_t bytes[8192];
	FILE *in = fopen(option.eeprom, "rb");
	if (!in)
		return;
	memset(bytes, 0xFF, sizeof bytes);
	avr_eeprom_desc_t d = { .ee = bytes, .offset = 0, .size = eeprom_bytes() };
	if (fread(bytes, 1, eeprom_bytes(), in) > 0)
		avr_ioctl(avr, AVR_IOCTL_EEPROM_SET, &d);
	fclose(in);
}

/* ---- resets ---- */

static void feed_adc(void)
{
	for (int i = 0; i < 16; i++) {
		avr_irq_t *irq = avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, ADC_IRQ_ADC0 + i);
		if (irq)
			avr_raise_irq(irq, adc_mv[i]);
	}
}

/* `cause` is what MCUSR says: without EXTRF Optiboot goes straight to the application. */
static void reset_chip(uint8_t cause, const char *why)
{
	if (cause == PORF)
		for (uint32_t i = avr->ioend + 1u; i <= avr->ramend; i++)
			avr->data[i] = (uint8_t)random_bits();
	avr->reset_pc = start_pc;
	avr_reset(avr);
	avr->data[MCUSR] = cause;
	is_xoff = false;
	next_feed = avr->cycle;
	base_ns = 0; /* a bootloader's second must not shrink because the machine was slow before */
	feed_adc();
	count.resets++;
	if (why)
		fprintf(stderr, "reset: %s\n", why);
}

/* ---- the pty ---- */

static void unplug(void)
{
	if (master < 0)
		return;
	unlink(option.tty);
	if (*dtr_path)
		unlink(dtr_path);
	if (dtr_socket >= 0)
		close(dtr_socket);
	close(slave);
	close(master);
	master = slave = dtr_socket = -1;
	*dtr_path = '\0';
	is_open = false;
	from_count = from_at = to_count = 0;
	if (option.eeprom)
		save_eeprom(option.eeprom);
}

static void bind_dtr(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	if (snprintf(dtr_path, sizeof dtr_path, "%s/%s", option.dtr, strrchr(slave_name, '/') + 1) >= (int)sizeof dtr_path)
		fail("%s: too long for a Unix socket", option.dtr);
	unlink(dtr_path);
	memcpy(address.sun_path, dtr_path, sizeof address.sun_path);
	dtr_socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (dtr_socket < 0 || bind(dtr_socket, (struct sockaddr *)&address, sizeof address))
		fail("%s: %s", dtr_path, strerror(errno));
	dtr_was = 0;
}

static void plug(void)
{
	struct termios raw;
	char beside[512];
	master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (master < 0 || grantpt(master) || unlockpt(master) || ptsname_r(master, slave_name, sizeof slave_name))
		fail("no pseudo-terminal: %s", strerror(errno));
	slave = open(slave_name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	tcgetattr(slave, &raw);
	cfmakeraw(&raw);
	tcsetattr(slave, TCSANOW, &raw);
	close(slave); /* while it is open here, nobody could see whether a client has it open */
	slave = -1;
	if (option.dtr)
		bind_dtr();
	snprintf(beside, sizeof beside, "%s.part", option.tty);
	unlink(beside);
	if (symlink(slave_name, beside) || rename(beside, option.tty))
		fail("%s: %s", option.tty, strerror(errno));
	reset_chip(PORF, "power on");
}

/* The rate that the client set; BOTHER rates need termios2, whose header clashes with <termios.h>. */
static unsigned client_baud(void)
{
	struct { tcflag_t flags[4]; cc_t line, cc[19]; speed_t in, out; } t;
	return ioctl(master, _IOR('T', 0x2A, t), &t) ? 0 : t.out;
}

static unsigned byte_cycles(void)
{
	unsigned ubrr = avr->data[UBRR0L] | (avr->data[UBRR0L + 1] & 0x0Fu) << 8;
	if (!(avr->data[UCSR0B] & 0x18))
		return BYTE_CYCLES;
	return (avr->data[UCSR0A] & 2 ? 8 : 16) * (ubrr + 1) * 10;
}

/* simavr counts a parity bit that 8N1 has not, and so sends a byte in 11 bits' time; it sets this when UBRR is written. */
static void correct_rate(void)
{
	if (uart)
		uart->cycles_per_byte = byte_cycles();
}

static bool rates_differ(void)
{
	double theirs = client_baud(), ours = 10.0 * HZ / byte_cycles();
	return theirs > 0 && (ours > theirs * 1.05 || ours < theirs * 0.95);
}

static void from_uart(avr_irq_t *irq, uint32_t value, void *param)
{
	uint8_t byte = (uint8_t)value;
	(void)irq, (void)param;
	if (byte == 0) {
		damage_at = frame_at ? random_bits() % frame_at : 0; /* frames are about as long as the one before */
		frame_count += frame_at > 0;
		is_damage_due |= frame_at && damage_every && frame_count % damage_every == 0;
		frame_at = 0;
	} else if (frame_at++ == damage_at && is_damage_due) {
		byte ^= (uint8_t)(1u << (random_bits() % 8));
		is_damage_due = false;
		count.damaged++;
	}
	if (!is_open || to_count == sizeof to_client) {
		count.dropped++;
		return;
	}
	if (is_garbled)
		byte ^= (uint8_t)(random_bits() | 0x10);
	to_client[to_count++] = byte;
}

static void on_xoff(avr_irq_t *irq, uint32_t value, void *param)
{
	(void)irq, (void)value, (void)param;
	is_xoff = true;
}

static void on_xon(avr_irq_t *irq, uint32_t value, void *param)
{
	(void)irq, (void)value, (void)param;
	is_xoff = false;
}

/* Bytes that the program has not read yet; simavr keeps 64, the chip two and one more in its shift register (data sheet, 20.7.4: DOR). */
static unsigned unread(void)
{
	return uart ? (unsigned)(uart->input.write - uart->input.read) % 64u : 0;
}

static void feed_uart(void)
{
	next_feed = avr->cycle + byte_cycles() + 40;
	if (from_at == from_count || is_xoff)
		return;
	uint8_t byte = from_client[from_at++];
	if (!(avr->data[UCSR0B] & 0x10))
		return; /* the receiver is off: the byte goes by unheard */
	if (unread() >= 3) {
		count.overrun++;
		return;
	}
	count.heard++;
	avr_raise_irq(uart_in, is_garbled ? byte ^ ((random_bits() & 0xFF) | 0x10) : byte);
}

static void serve_dtr(void)
{
	char lines[8];
	ssize_t n;
	while (dtr_socket >= 0 && (n = recv(dtr_socket, lines, sizeof lines, 0)) > 0) {
		int dtr = lines[0] == '1';
		if (dtr && !dtr_was)
			reset_chip(EXTRF, "DTR");
		dtr_was = dtr;
	}
}

static void serve_pty(void)
{
	struct pollfd p = { .fd = master, .events = POLLIN };
	ssize_t n;
	poll(&p, 1, 0);
	if (p.revents & POLLHUP) {
		is_open = false;
		dtr_was = 0; /* a driver drops DTR at the last close, also when the client was killed */
		from_count = from_at = to_count = 0;
		return;
	}
	if (!is_open) {
		is_open = true;
		tcflush(master, TCOFLUSH); /* what lay there since the client before */
		to_count = 0;
		if (option.reset_on_open)
			reset_chip(EXTRF, "opened");
	}
	is_garbled = !option.any_baud && rates_differ();
	if (to_count) {
		n = write(master, to_client, to_count);
		count.sent += n > 0 ? (uint64_t)n : 0;
		count.dropped += to_count - (n > 0 ? (size_t)n : 0); /* nobody reads: a USB adapter's buffer is full too */
		to_count = 0;
	}
	if (from_at == from_count && (p.revents & POLLIN)) {
		n = read(master, from_client, sizeof from_client);
		from_at = 0;
		from_count = n > 0 ? (size_t)n : 0;
	}
}

/* ---- pins: pulses, and a DHT22 (AM2302 data sheet, "single-bus") ---- */

static avr_irq_t *pulse_irq;
static unsigned pulse_edges;
static avr_cycle_count_t next_edge;

static struct {
	char port;
	uint8_t bit, frame[5];
	bool is_there, was_low;
	avr_cycle_count_t low_since;
	avr_irq_t *irq;
	int edge;
} dht;

static bool find_pin(const char *name, char *port, uint8_t *bit, avr_irq_t **irq)
{
	avr_ioport_external_t pull_up;
	if (!name || strlen(name) != 3 || name[0] != 'P' || name[2] < '0' || name[2] > '7')
		return false;
	*port = name[1];
	*bit = (uint8_t)(name[2] - '0');
	*irq = avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ(*port), IOPORT_IRQ_PIN0 + *bit);
	if (!*irq)
		return false;
	pull_up = (avr_ioport_external_t){ .name = (unsigned long)*port, .mask = 1ul << *bit, .value = 1ul << *bit };
	avr_ioctl(avr, AVR_IOCTL_IOPORT_SET_EXTERNAL(*port), &pull_up);
	return true;
}

static void pulse(void)
{
	avr_raise_irq(pulse_irq, pulse_edges % 2);
	pulse_edges--;
	next_edge = avr->cycle + PULSE_CYCLES;
}

/* Edge 0: low 80 us, 1: high 80 us, then for each of 40 bits low 50 us and high 26 us (0) or 70 us (1), last low 50 us. */
static avr_cycle_count_t dht_edge(avr_t *a, avr_cycle_count_t when, void *param)
{
	int edge = dht.edge++, bit = (edge - 3) / 2;
	(void)a, (void)param;
	avr_raise_irq(dht.irq, edge % 2);
	if (edge < 2)
		return when + US(80);
	if (edge == 83)
		return 0;
	if (edge % 2 == 0)
		return when + US(50);
	return when + ((dht.frame[bit / 8] >> (7 - bit % 8)) & 1 ? US(70) : US(26));
}

/* The firmware asks by pulling the line low for a millisecond and letting it go. */
static void watch_dht(uint8_t ddr, uint8_t port)
{
	if (!dht.is_there)
		return;
	bool is_low = (ddr >> dht.bit & 1) && !(port >> dht.bit & 1);
	if (is_low && !dht.was_low)
		dht.low_since = avr->cycle;
	if (!is_low && dht.was_low) {
		avr_raise_irq(dht.irq, 1);
		if (avr->cycle - dht.low_since > US(800)) {
			dht.edge = 0;
			avr_cycle_timer_register(avr, US(30), dht_edge, NULL);
		}
	}
	dht.was_low = is_low;
}

/* Both are told before simavr stores the new value: the other register comes from the state. */
static void on_direction(avr_irq_t *irq, uint32_t value, void *param)
{
	avr_ioport_state_t s = { 0 };
	(void)irq, (void)param;
	avr_ioctl(avr, AVR_IOCTL_IOPORT_GETSTATE(dht.port), &s);
	watch_dht((uint8_t)value, s.port);
}

static void on_level(avr_irq_t *irq, uint32_t value, void *param)
{
	avr_ioport_state_t s = { 0 };
	(void)irq, (void)param;
	avr_ioctl(avr, AVR_IOCTL_IOPORT_GETSTATE(dht.port), &s);
	watch_dht(s.ddr, (uint8_t)value);
}

static bool set_dht(const char *pin, double celsius, double percent)
{
	int t = (int)(celsius * 10 + (celsius < 0 ? -0.5 : 0.5)), h = (int)(percent * 10 + 0.5);
	unsigned magnitude = (unsigned)abs(t) | (t < 0 ? 0x8000u : 0);
	if (dht.irq == NULL) {
		if (!find_pin(pin, &dht.port, &dht.bit, &dht.irq))
			return false;
		avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ(dht.port), IOPORT_IRQ_DIRECTION_ALL), on_direction, NULL);
		avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ(dht.port), IOPORT_IRQ_REG_PORT), on_level, NULL);
	}
	dht.frame[0] = (uint8_t)(h >> 8), dht.frame[1] = (uint8_t)h;
	dht.frame[2] = (uint8_t)(magnitude >> 8), dht.frame[3] = (uint8_t)magnitude;
	dht.frame[4] = (uint8_t)(dht.frame[0] + dht.frame[1] + dht.frame[2] + dht.frame[3]);
	dht.is_there = true;
	avr_raise_irq(dht.irq, 1);
	return true;
}

/* ---- commands ---- */

static void answer(bool ok, const char *what)
{
	printf("%s %s\n", ok ? "ok" : "error", what);
	fflush(stdout);
}

static void answer_state(void)
{
	printf("ok open=%d garbled=%d resets=%llu crashes=%llu sent=%llu dropped=%llu heard=%llu overrun=%llu damaged=%llu cycles=%llu pulses_left=%u\n",
	       is_open, is_garbled, (unsigned long long)count.resets, (unsigned long long)count.crashes,
	       (unsigned long long)count.sent, (unsigned long long)count.dropped, (unsigned long long)count.heard,
	       (unsigned long long)count.overrun, (unsigned long long)count.damaged, (unsigned long long)avr->cycle, pulse_edges / 2);
	fflush(stdout);
}

static void obey(char *line)
{
	char *word[4] = { NULL };
	int n = 0;
	for (char *w = strtok(line, " "); w && n < 4; w = strtok(NULL, " "))
		word[n++] = w;
	if (n == 0)
		return;
	if (!strcmp(word[0], "reset"))
		reset_chip(EXTRF, "command"), answer(true, "reset");
	else if (!strcmp(word[0], "unplug"))
		unplug(), answer(true, "unplugged");
	else if (!strcmp(word[0], "plug"))
		(master < 0 ? plug() : (void)0), answer(true, slave_name);
	else if (!strcmp(word[0], "dump") && n == 2)
		answer(write_file(word[1], avr->flash, avr->flashend + 1), word[1]);
	else if (!strcmp(word[0], "eeprom") && n == 2)
		answer(save_eeprom(word[1]), word[1]);
	else if (!strcmp(word[0], "adc") && n == 3 && strtoul(word[1], NULL, 10) < 16) {
		adc_mv[strtoul(word[1], NULL, 10)] = (uint32_t)strtoul(word[2], NULL, 10);
		feed_adc();
		answer(true, "adc");
	} else if (!strcmp(word[0], "pulse") && n == 3) {
		char port;
		uint8_t bit;
		bool ok = find_pin(word[1], &port, &bit, &pulse_irq);
		pulse_edges = ok ? 2 * (unsigned)strtoul(word[2], NULL, 10) : 0;
		if (ok)
			avr_raise_irq(pulse_irq, 1);
		next_edge = avr->cycle + PULSE_CYCLES;
		answer(ok, word[1]);
	} else if (!strcmp(word[0], "dht") && n == 4)
		answer(set_dht(word[1], atof(word[2]), atof(word[3])), word[1]);
	else if (!strcmp(word[0], "dht"))
		dht.is_there = false, answer(true, "dht off");
	else if (!strcmp(word[0], "damage") && n == 2)
		damage_every = (unsigned)strtoul(word[1], NULL, 10), is_damage_due = false, answer(true, "damage");
	else if (!strcmp(word[0], "state"))
		answer_state();
	else if (!strcmp(word[0], "quit"))
		wants_quit = 1, answer(true, "quit");
	else
		answer(false, word[0]);
}

static void serve_stdin(int wait_ms)
{
	static char line[1024];
	static size_t length;
	struct pollfd p = { .fd = 0, .events = POLLIN };
	char c;
	while (!wants_quit && poll(&p, 1, wait_ms) > 0) {
		if (read(0, &c, 1) != 1) {
			wants_quit = 1;
		} else if (c == '\n') {
			line[length] = '\0';
			length = 0;
			obey(line);
		} else if (length < sizeof line - 1) {
			line[length++] = c;
		}
		wait_ms = 0;
	}
}

/* ---- running ---- */

static void quiet_logger(struct avr_t *a, const int level, const char *format, va_list arguments)
{
	(void)a;
	if (level <= LOG_ERROR)
		vfprintf(stderr, format, arguments);
}

static void no_sleep(avr_t *a, avr_cycle_count_t cycles) { (void)a, (void)cycles; /* pace() does it */ }

static void on_signal(int number)
{
	if (number == SIGUSR1)
		wants_reset = 1;
	else
		wants_quit = 1;
}

static void pace(void)
{
	uint64_t now = now_ns(), chip = base_ns + (avr->cycle - base_cycle) * 125 / 2;
	if (base_ns == 0 || now > chip + CATCH_UP_NS) {
		base_ns = now;
		base_cycle = avr->cycle;
	} else if (chip > now + 500000u) {
		struct timespec t = { .tv_sec = (time_t)((chip - now) / 1000000000u), .tv_nsec = (long)((chip - now) % 1000000000u) };
		nanosleep(&t, NULL);
	}
}

static void tick(void)
{
	if (wants_reset) {
		wants_reset = 0;
		reset_chip(EXTRF, "signal");
	}
	correct_rate();
	serve_dtr();
	serve_pty();
	serve_stdin(0);
	if (!option.unpaced)
		pace();
}

static void run(void)
{
	avr_cycle_count_t next_tick = avr->cycle;
	while (!wants_quit) {
		if (master < 0) {
			serve_stdin(100);
			continue;
		}
		int state = avr_run(avr);
		if (state == cpu_Crashed || state == cpu_Done) {
			if (count.crashes++ == 0)
				fprintf(stderr, "reset: the program %s\n", state == cpu_Done ? "stopped" : "crashed");
			reset_chip(0, NULL);
			avr->cycle += TICK_CYCLES; /* a blank chip would do this for ever: let time go by */
		}
		if (avr->cycle >= next_feed)
			feed_uart();
		if (pulse_edges && avr->cycle >= next_edge)
			pulse();
		if (avr->cycle >= next_tick) {
			next_tick = avr->cycle + TICK_CYCLES;
			tick();
		}
	}
}

static void take_options(int argc, char **argv)
{
	static const struct option known[] = {
		{ "mcu", 1, 0, 'm' }, { "tty", 1, 0, 't' }, { "application", 1, 0, 'a' }, { "bootloader", 1, 0, 'b' },
		{ "eeprom", 1, 0, 'e' }, { "dtr", 1, 0, 'd' }, { "reset-on-open", 0, 0, 'o' }, { "unpaced", 0, 0, 'u' },
		{ "any-baud", 0, 0, 'y' }, { "unplugged", 0, 0, 'n' }, { 0 },
	};
	int c;
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1)
		switch (c) {
		case 'm': option.mcu = optarg; break;
		case 't': option.tty = optarg; break;
		case 'a': option.application = optarg; break;
		case 'b': option.bootloader = optarg; break;
		case 'e': option.eeprom = optarg; break;
		case 'd': option.dtr = optarg; break;
		case 'o': option.reset_on_open = true; break;
		case 'u': option.unpaced = true; break;
		case 'y': option.any_baud = true; break;
		case 'n': option.unplugged = true; break;
		default: exit(2);
		}
	if (!option.mcu || !option.tty)
		fail("--mcu and --tty are needed");
}

/* RAMPZ has as many bits as the flash needs; simavr would read past its end. */
static void write_rampz(avr_t *a, avr_io_addr_t address, uint8_t value, void *param)
{
	(void)param;
	avr_core_watch_write(a, address, value & (uint8_t)(a->flashend >> 16));
}

static void make_chip(void)
{
	uint32_t flags = 0;
	avr_global_logger_set(quiet_logger);
	avr = avr_make_mcu_by_name(option.mcu);
	if (!avr)
		fail("simavr knows no %s", option.mcu);
	avr_init(avr);
	avr->frequency = HZ;
	avr->vcc = avr->avcc = avr->aref = 5000;
	avr->log = LOG_ERROR;
	avr->sleep = no_sleep;
	avr->codeend = avr->flashend;
	avr->flash = realloc(avr->flash, avr->flashend + 1 + SPARE_FLASH);
	memset(avr->flash + avr->flashend + 1, 0xFF, SPARE_FLASH);
	if (avr->rampz)
		avr_register_io_write(avr, avr->rampz, write_rampz, NULL);
	if (option.application)
		load_hex(option.application);
	if (option.bootloader)
		start_pc = load_hex(option.bootloader); /* the BOOTRST fuse */
	if (option.eeprom)
		load_eeprom();
	avr_ioctl(avr, AVR_IOCTL_UART_GET_FLAGS('0'), &flags);
	flags &= ~(uint32_t)(AVR_UART_FLAG_STDIO | AVR_UART_FLAG_POLL_SLEEP);
	avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
	for (avr_io_t *io = avr->io_port; io; io = io->next)
		if (!strcmp(io->kind, "uart") && ((avr_uart_t *)io)->name == '0')
			uart = (avr_uart_t *)io;
	uart_in = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
	avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), from_uart, NULL);
	avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XOFF), on_xoff, NULL);
	avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XON), on_xon, NULL);
}

int main(int argc, char **argv)
{
	take_options(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, on_signal);
	signal(SIGTERM, on_signal);
	signal(SIGINT, SIG_IGN); /* Ctrl-C is for the program under test; our end is the end of stdin */
	make_chip();
	if (!option.unplugged)
		plug();
	answer(true, option.unplugged ? "unplugged" : slave_name);
	run();
	unplug();
	return 0;
}
