/* What the sketch uses of Arduino's API, over stdin and stdout: a byte in is a byte heard; at the end of input the sketch ends.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT 1
#define HIGH 1
#define LOW 0
#define A0 26

static uint32_t now_ms;
inline uint32_t millis() { return now_ms; }
inline void pinMode(int, int) {}
inline void digitalWrite(int, int) {}
inline int analogRead(int) { return 2048; }

struct SerialStub {
    int ahead = -1;
    int room = 128;
    void begin(long) {}
    int available() { return ahead >= 0; }
    int read() {
        int byte = ahead;
        ahead = -1;
        return byte;
    }
    int availableForWrite() { return room; }
    void write(uint8_t byte) { putchar(byte); }
    void flush() { fflush(stdout); }
};
static SerialStub Serial;
