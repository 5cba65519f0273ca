/* Fills the line: readings of twelve fields, as many as the link takes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "chip.h"
#include "quanho_link.h"

#define FIELDS 12

QL_ITEMS(BOARD_NAME, "bench", "1.0.0", "bench");
#define BENCH_FIELDS(FIELD)                                                                                     \
    FIELD(QL_COUNTER, 0, n, "")                                                                                 \
    FIELD(QL_INT, 0, a, "") FIELD(QL_INT, 0, b, "") FIELD(QL_INT, 0, c, "") FIELD(QL_INT, 0, d, "")             \
    FIELD(QL_INT, 0, e, "") FIELD(QL_INT, 0, f, "") FIELD(QL_INT, 0, g, "") FIELD(QL_INT, 0, h, "")             \
    FIELD(QL_INT, 0, i, "") FIELD(QL_INT, 0, j, "") FIELD(QL_INT, 0, k, "")
QL_DESCRIBE(bench, "bench", BENCH_FIELDS);
struct ql_set ql_sets[QL_SETS] = {QL_SET(bench, 0)};

uint8_t ql_identity(uint8_t at) { return chip_identity(at); }

uint8_t ql_command(uint8_t code, const uint8_t *arguments, uint8_t count, struct ql_answer *answer) {
    (void)code, (void)arguments, (void)count, (void)answer;
    return QL_UNKNOWN;
}

void ql_answered(uint8_t code) { (void)code; }

int main(void) {
    static ql_value values[FIELDS];
    uint8_t i;
    chip_start();
    ql_init(chip_boot());
    for (;;) {
        chip_exchange();
        if (!ql_is_open() || ql_room() < 1 + 5 + 5 + 11 * 2) continue;
        values[0].u++;
        for (i = 1; i < FIELDS; i++) values[i].i = (int32_t)(1000 * i + (values[0].u & 255));
        ql_reading(0, values);
    }
}
