/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the parts of the card process: card.c runs it, a transport leads to QEMU. */
#ifndef CARD_H
#define CARD_H

#include "chip.h"

struct transport {
    /* Serves one message from card_link; false when QEMU has gone. Calls the three functions of
     * clock.c around what the machine waits for. */
    bool (*serve)(void);
    void (*line)(bool level); /* the INTx pin changed */
    bool (*side)(void);       /* card_side is readable; false when it has gone. May be NULL */
    bool wide;                /* can show a 64-bit BAR */
};
extern const struct transport proxy, vfio_user;

extern const struct chip *chip;
extern int card_link, card_side; /* to QEMU; proxy: its qtest beside that, or -1 */
extern const char *pic_paths[3]; /* QOM paths of both i8259 and of the I/O APIC, for the proxy */

struct counts {
    unsigned long syncs, configs, reads, writes, irqs, sent, received, held, faults, resets;
};
extern struct counts counts;

/* config.c: PCI configuration space */
enum { CONFIG_SIZE = 256 };
enum { PCI_COMMAND = 4, PCI_BAR0 = 0x10, PCI_ROM = 0x30, PCI_INTERRUPT_LINE = 0x3c };
enum { COMMAND_IO = 1, COMMAND_MEMORY = 2, COMMAND_MASTER = 4, COMMAND_NO_INTX = 0x400 };
/* rom_size: of the ROM's BAR, a power of two, or 0. wide: 64-bit BARs are shown as what they are.
 */
void config_init(uint32_t rom_size, bool wide);
void config_reset(void);
uint32_t config_read(unsigned reg, unsigned size);
void config_write(unsigned reg, uint32_t value, unsigned size);
/* Which BAR decodes the address; BARS when none does. */
unsigned config_decode(uint64_t address, bool io, uint32_t *reg);

/* memory.c: the machine's memory, as the transport says where it is */
void ram_forget_all(void);
void ram_forget(uint64_t address);
void ram_add(uint64_t address, uint64_t size, int64_t offset, int fd); /* closes fd */

/* clock.c: the card's time, and what is to happen */
void clock_start(uint64_t seed);
void clock_access(void);   /* an access begins */
void clock_answered(void); /* it has been answered */
void clock_run(void);      /* call what is due */
int64_t clock_wait(void);  /* nanoseconds until the next call is due; negative: none is */
void clock_forget(void);

/* wire.c: frames with a 4-byte length in front on a stream socket, as QEMU's -netdev socket */
void wire_open(int fd);
void wire_poll(int *fd, short *events); /* what to poll */
void wire_serve(short events);          /* what poll() found; 0: frames that were held back */
bool wire_holds(void);                  /* the chip had no room for a frame that came */
void wire_plug(bool plugged);

/* log.c */
void log_open(int fd);
void log_close(void); /* with the line of counts */

/* options.c */
struct start {
    const struct transport *transport;
    bool listens; /* card_link is a socket that QEMU will connect to */
    int control;  /* descriptor that commands come from: "plug", "unplug"; or -1 */
    uint32_t rom_size;
    uint64_t seed;
};
struct start options_take(int argc, char **argv);

/* link.c: sockets to QEMU */
/* Sends all of it; that the other end has gone will be seen by who reads from it. */
void send_all(int fd, const void *data, size_t len);
enum { FDS_MAX = 8 };
/* Receives exactly len bytes; false at the end. `fds` takes up to FDS_MAX descriptors that come
 * with it; or NULL. */
bool receive_all(int fd, void *data, size_t len, int *fds, unsigned *count);

/* card.c */
uint32_t bar_read(unsigned bar, uint32_t reg, unsigned size);
void bar_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size);
void card_reset(void);
void drive_line(void); /* the pin's level, as the command register lets it through */

#endif
