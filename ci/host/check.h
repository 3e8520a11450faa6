/* SPDX-License-Identifier: BSD-2-Clause */
/* What the C tests, their fakes and the fuzz targets check with. A check that fails says where, in
 * which case, and what the values are; the test goes on, and fails at its end. A fuzz target ends
 * at once: libFuzzer keeps the input. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHECK(condition) check_that((condition), #condition, __FILE__, __LINE__)
/* Numbers, texts, and so many bytes at two places. */
#define CHECK_EQUAL(a, b) \
    check_equal((long long)(a), (long long)(b), #a " == " #b, __FILE__, __LINE__)
#define CHECK_TEXT(a, b)       check_text((a), (b), #a, __FILE__, __LINE__)
#define CHECK_BYTES(a, b, len) check_bytes((a), (b), (len), #a " and " #b, __FILE__, __LINE__)

/* All return whether it is so. */
bool check_that(bool good, const char *what, const char *file, int line);
bool check_equal(long long a, long long b, const char *what, const char *file, int line);
bool check_text(const char *a, const char *b, const char *what, const char *file, int line);
bool check_bytes(const void *a, const void *b, size_t len, const char *what, const char *file,
                 int line);

/* A test: TEST(name) { ... }. Those of a file run in their order there. */
#define TEST(name)                                                      \
    static void test_##name(void);                                      \
    __attribute__((constructor)) static void register_##name(void)      \
    {                                                                   \
        static struct test test = {#name, __LINE__, test_##name, NULL}; \
        check_register(&test);                                          \
    }                                                                   \
    static void test_##name(void)
struct test {
    const char *name;
    int line;
    void (*run)(void);
    struct test *next;
};
void check_register(struct test *test);

/* Begin a named part of a test; the name is shown with what fails, and always with CHECK_TRACE set.
 */
void check_case(const char *name);

/* Run all tests; the program's exit code. */
int check_run(void);

/* Random numbers, the same in every run. */
uint32_t next_random(void);

/* From the first one on again, so that what came before makes no difference. */
void random_restart(void);

#endif
