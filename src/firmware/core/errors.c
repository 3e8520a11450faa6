#include "core/errors.h"

#include <stddef.h>

#define ERROR_TEXT(name, number, text) [number] = text,
static const char *const texts[] = {ERROR_LIST(ERROR_TEXT)};

const char *error_text(int error)
{
    unsigned number = 0u - (unsigned)error;

    if (number >= sizeof(texts) / sizeof(texts[0]) || !texts[number])
        return "unknown error";
    return texts[number];
}
