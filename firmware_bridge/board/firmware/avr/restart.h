/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESTART_H
#define RESTART_H

#include <stdbool.h>

bool restart_finds_bootloader(void);
void restart(bool into_bootloader) __attribute__((noreturn));

#endif
