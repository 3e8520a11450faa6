/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 40 };

/* Fuzz targets have it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) __attribute__((weak));

static struct test *tests;
static const char *case_name = "";
static unsigned checks, failures;

bool check_that(bool good, const char *what, const char *file, int line)
{
    checks++;
    if (good)
        return true;
    if (failures++ < SHOWN_MAX)
        printf("%s:%d: [%s] failed: %s\n", file, line, case_name, what);
    if (LLVMFuzzerTestOneInput) {
        fflush(stdout);
        abort();
    }
    return false;
}

bool check_equal(long long a, long long b, const char *what, const char *file, int line)
{
    if (a != b && failures < SHOWN_MAX)
        printf("%lld and %lld: ", a, b);
    return check_that(a == b, what, file, line);
}

bool check_text(const char *a, const char *b, const char *what, const char *file, int line)
{
    bool good = !strcmp(a, b);

    if (!good && failures < SHOWN_MAX)
        printf("\"%s\", not \"%s\": ", a, b);
    return check_that(good, what, file, line);
}

bool check_bytes(const void *a, const void *b, size_t len, const char *what, const char *file,
                 int line)
{
    const uint8_t *x = a, *y = b;
    size_t same = 0;

    while (same < len && x[same] == y[same])
        same++;
    if (same < len && failures < SHOWN_MAX)
        printf("byte %zu of %zu: %02x and %02x: ", same, len, x[same], y[same]);
    return check_that(same == len, what, file, line);
}

/* Constructors run in any order, so what they bring is sorted. */
void check_register(struct test *test)
{
    struct test **link = &tests;

    while (*link && (*link)->line < test->line)
        link = &(*link)->next;
    test->next = *link;
    *link = test;
}

void check_case(const char *name)
{
    case_name = name;
    if (getenv("CHECK_TRACE"))
        fprintf(stderr, "%s\n", name);
}

int check_run(void)
{
    for (struct test *test = tests; test; test = test->next) {
        check_case(test->name);
        test->run();
    }
    printf("%u checks, %u failed\n", checks, failures);
    return failures || !checks;
}

enum { SEED = 0x12345678 };
static uint32_t state = SEED;

void random_restart(void)
{
    state = SEED;
}

/* xorshift (Marsaglia 2003) */
uint32_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    return state ^= state << 5;
}
