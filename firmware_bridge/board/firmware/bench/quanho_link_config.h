/* SPDX-License-Identifier: Apache-2.0 */
#define QL_SETS 1
#ifdef __AVR_ATmega2560__
#define QL_STORE_BYTES 6000
#define QL_FRAMES 32
#else
#define QL_STORE_BYTES 1420
#define QL_FRAMES 8
#endif
#define QL_RX_BYTES 40 /* no commands */
