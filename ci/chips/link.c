/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets to QEMU. */
#include "card.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

void send_all(int fd, const void *data, size_t len)
{
    for (const char *at = data; len;) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);

        if (sent <= 0 && errno != EINTR)
            return;
        if (sent > 0) {
            at += sent;
            len -= sent;
        }
    }
}

bool receive_all(int fd, void *data, size_t len, int *fds, unsigned *count)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
    } ancillary;
    struct iovec part = {data, len};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t got;

    if (fds) {
        message.msg_control = &ancillary;
        message.msg_controllen = sizeof(ancillary);
        *count = 0;
    }
    got = recvmsg(fd, &message, MSG_WAITALL | MSG_CMSG_CLOEXEC);
    if (got != (ssize_t)len)
        return false;
    for (struct cmsghdr *it = CMSG_FIRSTHDR(&message); it; it = CMSG_NXTHDR(&message, it))
        if (it->cmsg_type == SCM_RIGHTS) {
            *count = (it->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            memcpy(fds, CMSG_DATA(it), *count * sizeof(int));
        }
    return true;
}
