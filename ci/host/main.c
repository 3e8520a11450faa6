/* SPDX-License-Identifier: BSD-2-Clause */
/* Of every test; fuzz targets have libFuzzer's, or that of ci/fuzz/replay.c. */
#include "check.h"

int main(void)
{
    return check_run();
}
