/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "Arduino.h"

struct Preferences {
    void begin(const char *) {}
    size_t getBytes(const char *, void *, size_t) { return 0; }
    size_t putBytes(const char *, const void *, size_t count) { return count; }
    uint32_t getUInt(const char *, uint32_t otherwise) { return otherwise; }
    void putUInt(const char *, uint32_t) {}
};
struct EspStub {
    uint64_t getEfuseMac() { return 0x665544332211; }
    void restart() { exit(3); }
};
static EspStub ESP;
