/* Fills the line: readings of twelve fields, as many as the link takes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "chip.h"
#include "quanho_link.h"

#define FIELDS 12

const struct ql_item ql_items[4] QL_FLASH = {
    {QL_TAG_BOARD, QL_TEXT(BOARD_NAME)}, {QL_TAG_FIRMWARE, QL_TEXT("bench")}, {QL_TAG_VERSION, QL_TEXT("1.0.0")}, {QL_TAG_BUILD, QL_TEXT("bench")}};
static const struct ql_field fields[FIELDS] QL_FLASH = {
    {QL_COUNTER, 0, QL_TEXT("n"), QL_TEXT("")},   {QL_INT, 0, QL_TEXT("a"), QL_TEXT("")}, {QL_INT, 0, QL_TEXT("b"), QL_TEXT("")},
    {QL_INT, 0, QL_TEXT("c"), QL_TEXT("")},       {QL_INT, 0, QL_TEXT("d"), QL_TEXT("")}, {QL_INT, 0, QL_TEXT("e"), QL_TEXT("")},
    {QL_INT, 0, QL_TEXT("f"), QL_TEXT("")},       {QL_INT, 0, QL_TEXT("g"), QL_TEXT("")}, {QL_INT, 0, QL_TEXT("h"), QL_TEXT("")},
    {QL_INT, 0, QL_TEXT("i"), QL_TEXT("")},       {QL_INT, 0, QL_TEXT("j"), QL_TEXT("")}, {QL_INT, 0, QL_TEXT("k"), QL_TEXT("")}};
const struct ql_set ql_sets[QL_SETS] QL_FLASH = {{QL_TEXT("bench"), FIELDS, fields, 0}};

uint8_t ql_identity(uint8_t tag, uint8_t at) { return chip_identity(tag, at); }

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
