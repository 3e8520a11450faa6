/* SPDX-License-Identifier: BSD-2-Clause */
/* Network bootstrap programs (PXE 2.1 section 2.6): the image and nothing else, for a PXE stack to
 * load. */
#include "medium.h"

const struct medium medium_zpxe = {.name = "zpxe"};
