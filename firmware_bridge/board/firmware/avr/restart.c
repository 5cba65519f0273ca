/* Restart by the watchdog, which resets every peripheral as the reset pin does.
 *
 * Bootloaders of Arduino boards start the application at once after a watchdog reset: they look whether the pin (Optiboot: EXTRF) or the
 * watchdog (stk500v2: WDRF) did it, and software cannot set those bits. So a word in RAM, which survives the reset, says what was meant, and
 * the application jumps back: on the Mega to the bootloader's start, where the bits are clear by now; on the ATmega328P behind Optiboot's
 * question, which is found by its machine code (SBRS Rd,1, then RCALL).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "restart.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <avr/wdt.h>
#include <stdint.h>

#define MEANT 0xB007
#define SEARCHED_BYTES 64

#ifndef BOOTLOADER_START
#ifdef __AVR_ATmega2560__
#define BOOTLOADER_START 0x3E000
#else
#define BOOTLOADER_START 0x7E00 /* Optiboot; ATmegaBOOT of an old Nano: 0x7800 */
#endif
#endif

#ifdef __AVR_ATmega2560__
#define FLASH_WORD(address) pgm_read_word_far(address)
#else
#define FLASH_WORD(address) pgm_read_word((uint16_t)(address))
#endif

static uint16_t meant __attribute__((section(".noinit")));

bool restart_finds_bootloader(void) { return FLASH_WORD(BOOTLOADER_START) != 0xFFFF; }

void restart(bool into_bootloader) {
    cli();
    meant = into_bootloader ? MEANT : 0;
    wdt_enable(WDTO_15MS);
    wdt_reset(); /* simavr takes the shorter time from here */
    for (;;) {}
}

static void enter_bootloader(void) {
#ifdef __AVR_ATmega2560__
    __asm__ volatile("out %0, %1\n\teijmp" ::"I"(_SFR_IO_ADDR(EIND)), "r"((uint8_t)(BOOTLOADER_START >> 17)),
                     "z"((uint16_t)(BOOTLOADER_START >> 1)));
#else
    uint16_t entry = BOOTLOADER_START, at;
    for (at = BOOTLOADER_START; at < BOOTLOADER_START + SEARCHED_BYTES; at += 2) {
        if ((FLASH_WORD(at) & 0xFE0F) == 0xFE01 && (FLASH_WORD(at + 2) & 0xF000) == 0xD000) entry = (uint16_t)(at + 4);
    }
    ((void (*)(void))(entry >> 1))();
#endif
}

/* Before variables are set, after the stack pointer is and r1 is 0. The watchdog still runs after its reset, at its shortest time. */
void look_what_was_meant(void) __attribute__((naked, used, section(".init3")));
void look_what_was_meant(void) {
    MCUSR = 0;
    wdt_disable();
    if (meant == MEANT) {
        meant = 0;
        enter_bootloader();
    }
}
