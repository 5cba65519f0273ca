/* What the sketch measures, in C: C++ has no arrays without a closing 0.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "quanho_link.h"

#ifdef ESP32
#define BOARD_NAME "esp32"
#else
#define BOARD_NAME "rp2040"
#endif

QL_ITEMS(BOARD_NAME, "voltage", "1.0.0", "arduino");
#define VOLTAGE_FIELDS(FIELD) FIELD(QL_INT, -3, voltage, "V")
QL_DESCRIBE(voltage, "power", VOLTAGE_FIELDS);
struct ql_set ql_sets[QL_SETS] = {QL_SET(voltage, 10000)};
