/* SPDX-License-Identifier: BSD-2-Clause */
/* The settings of an identity block, as the firmware reads a line of them and romtool all. Input:
 * the text. */
#include <stdlib.h>

#include "fuzz.h"
#include "identity.h"
#include "lib/settings.h"
#include "settingtext.h"

/* What both read is the same, and romtool can write it again. */
static void change(const char *text)
{
    struct problem problem;
    char *again = settings_change(text, NULL, 0, &problem), *once;

    CHECK(again && strlen(again) == strlen(text));
    CHECK(settings_check(again, 0, &problem));
    once = settings_change(again, NULL, 0, &problem);
    CHECK(once && !strcmp(once, again));
    free(once);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *copy = malloc(size + 1), *rest = copy;
    struct problem problem;
    bool all = true;

    memcpy(text, data, size);
    text[size] = '\0';
    memcpy(copy, text, size + 1);
    while (rest && *rest) {
        const char *line = strsep(&rest, "\n");

        memset(settings, 0, sizeof(settings));
        if (!text_is_printable(line) || !setting_read(line)) {
            all = false;
            continue;
        }
        CHECK(settings[SETTING_TIMEOUT] <= 3600 && settings[SETTING_WAIT] <= 300);
        CHECK(settings[SETTING_SERIAL] <= 115200 && setting_port <= 4);
        if (settings[SETTING_BOOTFILE])
            CHECK(strlen((const char *)settings[SETTING_BOOTFILE]) <= 400);
    }
    if (settings_check(text, 0, &problem)) {
        CHECK(all);
        change(text);
    } else {
        CHECK(problem.what[0]);
    }
    free(copy);
    free(text);
    return 0;
}
