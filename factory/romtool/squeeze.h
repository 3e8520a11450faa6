/* SPDX-License-Identifier: BSD-2-Clause */
/* The packed payload of docs/formats.md: branch filter, then a stream of literals and matches. */
#ifndef ROMTOOL_SQUEEZE_H
#define ROMTOOL_SQUEEZE_H

#include "bytes.h"
#include "message.h"

/* Nothing larger is ever unpacked, whatever a header says. */
enum { UNPACKED_LIMIT = 4 << 20 };

/* Packs `plain`; the smallest of several rounds wins. The bytes depend on nothing but `plain`. */
bool squeeze(struct span plain, struct buffer *packed, struct problem *problem);

/* Unpacks exactly `length` bytes; false when the stream is damaged, short, or longer. */
bool unsqueeze(struct span packed, size_t length, struct buffer *plain, struct problem *problem);

#endif
