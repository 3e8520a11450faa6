/* SPDX-License-Identifier: BSD-2-Clause */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"

/* Name of the file being written, for the signal handler; empty when there is none. */
static char unfinished[PATH_MAX + 32];

static int trouble(const char *path, const char *what)
{
    const char *hint = errno == ENOSPC ? "free some space and run again" : NULL;

    return complain(STATUS_TROUBLE, path, hint, "%s: %s", what, strerror(errno));
}

static int read_open_file(const char *path, int file, struct buffer *content)
{
    struct stat info;

    if (fstat(file, &info) < 0)
        return trouble(path, "cannot read");
    if (!S_ISREG(info.st_mode))
        return complain(STATUS_TROUBLE, path, "name a file, not a folder or device",
                        "not a regular file");
    if (info.st_size > FILE_LIMIT)
        return complain(STATUS_TROUBLE, path, "this is no ROM file", "larger than %d MiB",
                        FILE_LIMIT >> 20);
    buffer_resize(content, (size_t)info.st_size);
    for (size_t done = 0; done < content->length;) {
        ssize_t count = read(file, content->data + done, content->length - done);

        if (count < 0)
            return trouble(path, "cannot read");
        if (count == 0)
            return complain(STATUS_TROUBLE, path, NULL, "became shorter while being read");
        done += (size_t)count;
    }
    return STATUS_OK;
}

int file_read(const char *path, struct buffer *content)
{
    /* A named pipe that nobody writes to would make open() wait for ever. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int status;

    if (file < 0)
        return trouble(path, "cannot open");
    status = read_open_file(path, file, content);
    close(file);
    if (status)
        buffer_free(content);
    return status;
}

/* Zeros at the end are left out, a hole in the file: most of a .dsk. */
static int write_all(const char *path, int file, struct span content)
{
    static const uint8_t zeros[4096];

    if (ftruncate(file, (off_t)content.length) < 0)
        return trouble(path, "cannot write");
    while (content.length >= sizeof(zeros) &&
           memcmp(content.data + content.length - sizeof(zeros), zeros, sizeof(zeros)) == 0)
        content.length -= sizeof(zeros);
    while (content.length && !content.data[content.length - 1])
        content.length--;
    for (size_t done = 0; done < content.length;) {
        ssize_t count = write(file, content.data + done, content.length - done);

        if (count < 0)
            return trouble(path, "cannot write");
        done += (size_t)count;
    }
    return STATUS_OK;
}

/* The file that a path names, behind symbolic links. Renaming would put a file in the place of
 * whatever is there, so anything but a file, such as a device, is refused. */
static int find_target(const char *path, char target[PATH_MAX])
{
    struct stat info;

    if (lstat(path, &info) < 0) {
        if (snprintf(target, PATH_MAX, "%s", path) >= PATH_MAX)
            return complain(STATUS_TROUBLE, path, NULL, "path is too long");
        return STATUS_OK;
    }
    if (stat(path, &info) < 0 || !S_ISREG(info.st_mode))
        return complain(STATUS_TROUBLE, path, "name a file, not a folder or device",
                        "not a regular file");
    return realpath(path, target) ? STATUS_OK : trouble(path, "cannot find");
}

int file_write(const char *path, struct span content)
{
    char target[PATH_MAX];
    int file, status = find_target(path, target);

    if (status)
        return status;
    snprintf(unfinished, sizeof(unfinished), "%s.%ld.tmp", target, (long)getpid());
    unlink(unfinished); /* of a process of this number that was killed */
    file = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0) {
        unfinished[0] = 0;
        return trouble(path, "cannot create");
    }
    status = write_all(path, file, content);
    /* Some file systems report a full disk only here. */
    if (close(file) < 0 && !status)
        status = trouble(path, "cannot write");
    if (!status && rename(unfinished, target) < 0)
        status = trouble(path, "cannot rename the finished file");
    if (status)
        unlink(unfinished);
    unfinished[0] = 0;
    return status;
}

int file_spare(const char *output, const char *input)
{
    struct stat out, in;

    if (!output || !input || stat(output, &out) < 0 || stat(input, &in) < 0 ||
        out.st_dev != in.st_dev || out.st_ino != in.st_ino)
        return STATUS_OK;
    return complain(STATUS_TROUBLE, output, "name another file", "it is the input %s itself",
                    input);
}

int file_check_links(const char *folder, const char *path)
{
    char *copy = strdup(path);
    size_t start = strlen(folder) + 1;
    int status = STATUS_OK;

    if (!copy)
        return complain(STATUS_TROUBLE, path, NULL, "out of memory");
    for (char *end = copy + start; end && !status;) {
        struct stat info;

        end = strchr(end, '/');
        if (end)
            *end = 0;
        if (lstat(copy, &info) == 0 && S_ISLNK(info.st_mode))
            status = complain(STATUS_TROUBLE, copy, "remove it", "a link, which is not followed");
        if (end)
            *end++ = '/';
    }
    free(copy);
    return status;
}

int file_make_folders(const char *path)
{
    char *copy = strdup(path);
    int status = STATUS_OK;

    if (!copy)
        return complain(STATUS_TROUBLE, path, NULL, "out of memory");
    for (char *slash = strchr(copy + 1, '/'); slash && !status; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(copy, 0777) < 0 && errno != EEXIST)
            status = trouble(copy, "cannot create folder");
        *slash = '/';
    }
    free(copy);
    return status;
}

char *path_join(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = allocate(size);

    snprintf(path, size, "%s/%s", folder, name);
    return path;
}

static void remove_unfinished(int signal_number)
{
    if (unfinished[0])
        unlink(unfinished);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

void file_clean_on_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        if (signal(signals[i], remove_unfinished) == SIG_IGN)
            signal(signals[i], SIG_IGN);
}
