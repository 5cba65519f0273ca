/* Runs the sketch: 1 ms for each byte of input, 0xFF 0xFF being no byte.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "Arduino.h"
#include "esp32_rp2040.ino"

int main() {
    setup();
    for (int byte; (byte = getchar()) != EOF; now_ms++) {
        if (byte == 0xFF && (byte = getchar()) == 0xFF) byte = -1;
        Serial.ahead = byte;
        loop();
    }
}
