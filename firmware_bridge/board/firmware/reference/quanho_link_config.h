/* SPDX-License-Identifier: Apache-2.0 */
#define QL_SETS 3
#ifdef __AVR_ATmega2560__
#define QL_STORE_BYTES 4096
#define QL_FRAMES 32
#else
#define QL_STORE_BYTES 768
#define QL_FRAMES 16
#endif
#define QL_RX_BYTES 96 /* an identity of twice 32 bytes */
