/* SPDX-License-Identifier: BSD-2-Clause */
/* A PCI network card in a process of its own: a chip model with a transport to QEMU and a wire. It
 * ends when QEMU does. The last line of the log counts what happened; a log without it is of a card
 * that died. */
#include "card.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SECOND = 1000000000, HELD_CHECK = MILLISECOND };

int card_link = -1, card_side = -1;
const char *pic_paths[3];
static const struct transport *transport;
static bool wanted, level; /* of the INTx pin: by the chip, and as it is */

void drive_line(void)
{
    bool now = wanted && !(config_get(PCI_COMMAND, 2) & COMMAND_NO_INTX);

    if (now == level)
        return;
    level = now;
    counts.irqs += now;
    transport->line(now);
}

void irq(bool on)
{
    wanted = on;
    drive_line();
}

uint32_t bar_read(unsigned bar, uint32_t reg, unsigned size)
{
    counts.reads++;
    return chip->read(bar, reg, size);
}

void bar_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    counts.writes++;
    chip->write(bar, reg, value, size);
}

void card_reset(void)
{
    counts.resets++;
    config_reset();
    clock_forget();
    irq(false);
    chip->reset();
}

/* Commands come one per line; a part of one does not. False when there will be no more. */
static bool obey(int control)
{
    char text[256];
    ssize_t got = read(control, text, sizeof(text) - 1);

    if (got <= 0)
        return false;
    text[got] = '\0';
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        if (strcmp(line, "plug") == 0 || strcmp(line, "unplug") == 0)
            wire_plug(line[0] == 'p');
        else
            note("the command %s is not known", line);
    return true;
}

static struct timespec next_time(void)
{
    int64_t wait = clock_wait();

    if (wait < 0 || wait > SECOND)
        wait = SECOND; /* for nothing; it keeps the sum simple */
    if (wire_holds() && wait > HELD_CHECK)
        wait = HELD_CHECK;
    return (struct timespec){wait / SECOND, wait % SECOND};
}

static void run(int control)
{
    enum { LINK, SIDE, CONTROL, WIRE, ALL };
    struct pollfd fds[ALL] = {
        {card_link, POLLIN, 0}, {card_side, POLLIN, 0}, {control, POLLIN, 0}, {-1, 0, 0}};

    for (;;) {
        struct timespec wait = next_time();

        wire_poll(&fds[WIRE].fd, &fds[WIRE].events);
        if (ppoll(fds, ALL, &wait, NULL) < 0)
            return;
        if (!fds[LINK].revents)
            clock_run();
        else if (!transport->serve())
            return;
        if (fds[SIDE].revents && !transport->side())
            fds[SIDE].fd = -1;
        if (fds[CONTROL].revents && !obey(control))
            fds[CONTROL].fd = -1;
        wire_serve(fds[WIRE].revents);
    }
}

/* Waits for QEMU to connect. False when whoever started the card gives that up. */
static bool accept_link(int control)
{
    struct pollfd fds[] = {{card_link, POLLIN, 0}, {control, 0, 0}};

    if (poll(fds, 2, -1) < 0 || !fds[0].revents)
        return false;
    card_link = accept(card_link, NULL, NULL);
    return card_link >= 0;
}

int main(int argc, char **argv)
{
    struct start start = options_take(argc, argv);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    transport = start.transport;
    clock_start(start.seed);
    config_init(start.rom_size, transport->wide);
    chip->reset();
    if (!start.listens || accept_link(start.control))
        run(start.control);
    log_close();
    return 0;
}
