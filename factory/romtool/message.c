/* SPDX-License-Identifier: BSD-2-Clause */
#include "message.h"

#include <stdarg.h>
#include <stdio.h>

bool problem_at(struct problem *problem, size_t offset, const char *hint, const char *format, ...)
{
    va_list arguments;

    problem->offset = offset;
    problem->hint = hint;
    va_start(arguments, format);
    vsnprintf(problem->what, sizeof(problem->what), format, arguments);
    va_end(arguments);
    return false;
}

static void print_message(const char *file, const char *kind, const char *hint, const char *format,
                          va_list arguments)
{
    fprintf(stderr, "romtool: ");
    if (file)
        fprintf(stderr, "%s: ", file);
    fprintf(stderr, "%s", kind);
    vfprintf(stderr, format, arguments);
    if (hint)
        fprintf(stderr, "; hint: %s", hint);
    fprintf(stderr, "\n");
}

int complain(int status, const char *file, const char *hint, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_message(file, "", hint, format, arguments);
    va_end(arguments);
    return status;
}

int complain_problem(const char *file, const struct problem *problem)
{
    return complain(STATUS_REFUSED, file, problem->hint, "offset 0x%zx: %s", problem->offset,
                    problem->what);
}

int usage_error(const char *command, const char *what, const char *argument)
{
    return complain(STATUS_TROUBLE, command, "romtool --help lists the arguments", "%s%s%s", what,
                    argument ? " " : "", argument ? argument : "");
}

void warn(const char *file, const char *hint, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_message(file, "warning: ", hint, format, arguments);
    va_end(arguments);
}
