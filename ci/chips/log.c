/* SPDX-License-Identifier: BSD-2-Clause */
/* The card's log: what the model notes, the faults of the driver, and at the end how much there was
 * of all. */
#include "card.h"

#include <stdarg.h>
#include <stdio.h>

enum { LINES_MAX = 2000 };

struct counts counts;
static FILE *file;
static unsigned lines;

void log_open(int fd)
{
    file = fdopen(fd, "w");
    setvbuf(file, NULL, _IOLBF, 0);
}

static void say(const char *kind, const char *format, va_list list)
{
    if (!file || ++lines > LINES_MAX) /* a driver gone wild must not fill the disk */
        return;
    fprintf(file, "%.6f %s", card_now() / 1e9, kind);
    vfprintf(file, format, list);
    fputc('\n', file);
}

void note(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    say("", format, list);
    va_end(list);
}

void fault(const char *format, ...)
{
    va_list list;

    counts.faults++;
    va_start(list, format);
    say("FAULT ", format, list);
    va_end(list);
}

void log_close(void)
{
    if (!file)
        return;
    fprintf(
        file,
        "END syncs=%lu configs=%lu reads=%lu writes=%lu irqs=%lu sent=%lu received=%lu held=%lu "
        "faults=%lu resets=%lu\n",
        counts.syncs, counts.configs, counts.reads, counts.writes, counts.irqs, counts.sent,
        counts.received, counts.held, counts.faults, counts.resets);
    fclose(file);
}
