/* SPDX-License-Identifier: BSD-2-Clause */
#include "filter.h"

#include "bytes.h"

static int64_t to_absolute(int64_t operand, int64_t at, int64_t size)
{
    if (operand >= -at && operand < size - at)
        return operand + at;
    if (operand >= size - at && operand < size)
        return operand - size;
    return operand;
}

static int64_t to_relative(int64_t operand, int64_t at, int64_t size)
{
    if (operand >= 0 && operand < size)
        return operand - at;
    if (operand >= -at && operand < 0)
        return operand + size;
    return operand;
}

static void walk(uint8_t *data, size_t length, int64_t (*convert)(int64_t, int64_t, int64_t))
{
    for (size_t i = 0; i + 5 <= length; i++) {
        if ((data[i] & 0xfe) != 0xe8)
            continue;
        put32(data + i + 1,
              (uint32_t)convert((int32_t)get32(data + i + 1), (int64_t)i, (int64_t)length));
        i += 4;
    }
}

void filter_apply(uint8_t *data, size_t length)
{
    walk(data, length, to_absolute);
}

void filter_undo(uint8_t *data, size_t length)
{
    walk(data, length, to_relative);
}
