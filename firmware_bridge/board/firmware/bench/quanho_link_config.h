/* SPDX-License-Identifier: Apache-2.0 */
#define QL_SETS 1
#ifdef __AVR_ATmega2560__
#define QL_STORE_BYTES 6000
#define QL_FRAMES 32
#else
#define QL_STORE_BYTES 1448
#define QL_FRAMES 7
#endif
#define QL_RX_BYTES 32 /* no commands */
