/* SPDX-License-Identifier: Apache-2.0 */
#define QL_SETS 1
#define QL_STORE_BYTES 16384
#define QL_FRAMES 128
#define QL_RX_BYTES 254
