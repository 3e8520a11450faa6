/* SPDX-License-Identifier: BSD-2-Clause */
/* The transmit ring of intel_mac.h. */
#ifndef INTEL_TX_H
#define INTEL_TX_H

#include <stdbool.h>

void tx_reset(void);
bool tx_runs(void);
/* Something was written that may let it go on. */
void tx_kick(void);

#endif
