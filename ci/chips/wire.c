/* SPDX-License-Identifier: BSD-2-Clause */
/* The wire: frames with their length in front, 4 bytes in network order, on a stream socket. */
#include "card.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LENGTH = 4, ROOM = 1 << 18, HELD_BACK = 100 * MILLISECOND };

struct buffer {
    uint8_t data[ROOM];
    size_t len;
};

static struct buffer in, out;
static int wire = -1;
static bool plugged = true, gone = true;
static uint64_t held_since; /* when the frame that waits came; 0: none does */

void wire_open(int fd)
{
    wire = fd;
    gone = false;
}

bool cable_plugged(void)
{
    return plugged;
}

void wire_plug(bool now)
{
    if (plugged == now)
        return;
    plugged = now;
    note(now ? "cable plugged in" : "cable pulled");
    if (chip->cable)
        chip->cable();
}

static void drop_front(struct buffer *buffer, size_t len)
{
    buffer->len -= len;
    memmove(buffer->data, buffer->data + len, buffer->len);
}

static void flush(void)
{
    while (out.len && !gone) {
        ssize_t sent = send(wire, out.data, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0 && errno == EAGAIN)
            return;
        gone = sent <= 0;
        if (!gone)
            drop_front(&out, sent);
    }
}

void wire_send(const uint8_t *frame, size_t len)
{
    uint8_t head[LENGTH] = {len >> 24, len >> 16, len >> 8, len};

    if (!plugged || len > ROOM - LENGTH - out.len) /* nobody reads: as on any wire, it is lost */
        return;
    counts.sent++;
    memcpy(out.data + out.len, head, LENGTH);
    memcpy(out.data + out.len + LENGTH, frame, len);
    out.len += LENGTH + len;
    flush();
}

/* Whether the chip takes a frame now. A chip that has no room for longer loses it, as chips do. */
static bool takes(void)
{
    if (!chip->ready || !plugged || chip->ready()) {
        held_since = 0;
        return true;
    }
    if (!held_since) {
        held_since = card_now() + 1;
        counts.held++;
    }
    return card_now() >= held_since + HELD_BACK;
}

static void deliver(void)
{
    size_t at = 0;

    while (in.len - at >= LENGTH) {
        const uint8_t *head = in.data + at;
        size_t len = (size_t)head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3];

        if (len > FRAME_MAX) {
            note("the wire carries a frame of %zu bytes", len);
            gone = true;
            return;
        }
        if (in.len - at - LENGTH < len || !takes())
            break;
        if (plugged) {
            counts.received++;
            chip->receive(head + LENGTH, len);
        }
        at += LENGTH + len;
    }
    if (at)
        drop_front(&in, at);
}

void wire_poll(int *fd, short *events)
{
    bool room = in.len + LENGTH + FRAME_MAX < ROOM;

    *events = (room ? POLLIN : 0) | (out.len ? POLLOUT : 0);
    *fd = gone || !*events ? -1 : wire;
}

bool wire_holds(void)
{
    return held_since;
}

void wire_serve(short events)
{
    if (events & POLLOUT)
        flush();
    if (events & ~POLLOUT) {
        ssize_t got = recv(wire, in.data + in.len, ROOM - in.len, MSG_DONTWAIT);

        if (got > 0)
            in.len += got;
        else if (got == 0 || errno != EAGAIN)
            gone = true;
    }
    deliver();
}
