/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "Arduino.h"

struct EepromStub {
    uint8_t bytes[512];
    void begin(size_t) { memset(bytes, 0xFF, sizeof bytes); }
    template <typename T> T &get(int at, T &to) { return *(T *)memcpy(&to, bytes + at, sizeof to); }
    template <typename T> const T &put(int at, const T &from) {
        memcpy(bytes + at, &from, sizeof from);
        return from;
    }
    bool commit() { return true; }
};
static EepromStub EEPROM;
struct Rp2040Stub {
    const char *getChipID() { return "E6614103E73B4A2B"; }
    void reboot() { exit(3); }
    void rebootToBootloader() { exit(4); }
};
static Rp2040Stub rp2040;
