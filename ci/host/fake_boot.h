/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine for host tests of src/firmware/loader: a console with keys that are typed, memory at
 * the addresses that boot files use, a card, and 16-bit code and PXE services that are recorded
 * instead of called. The network is that of fake_link.h. Besides, there is a protocol of its own:
 * "mem://10.0.0.1/name" is a file that the test has put there. */
#ifndef FAKE_BOOT_H
#define FAKE_BOOT_H

#include <setjmp.h>

#include "fake_link.h"
#include "loader/boot.h"
#include "platform/bios/realmode.h"

enum {
    FAKE_BASE = 0x11000,
    FAKE_BASE_END = 0x9d000,
    FAKE_HIGH = 0x100000,
    FAKE_HIGH_END = 0x6000000
};

extern struct fake_machine {
    const char *keys;    /* what is typed; '~' = nothing for a second */
    bool shift;          /* is held */
    char shown[65536];   /* what the console shows, lines ended by "\n" alone */
    char fetched[4096];  /* the paths that were asked for, each with a blank behind it */
    uint32_t pace;       /* ms that each 16 KiB of a file takes */
    bool unknown_length; /* files do not say how long they are */
    int open_result;     /* what nic_open() returns */
    unsigned opens, closes;
    bool is_open;
    unsigned functions; /* of PCI: 8086:7000, 8086:7001 and so on, at 00:00.0 and so on */
    unsigned unloads;   /* pxe_stack_unload() */
    /* Boot files: how many ran, and what the last one was. */
    unsigned entered, installed;
    struct far_pointer entry, stack;
    uint32_t flat;                  /* its address, where it was entered in 32-bit mode */
    const struct dhcp_lease *lease; /* of the PXE services */
    bool services;                  /* are offered */
    bool hooks_stay;                /* they cannot be taken back */
    void (*on_run)(void);           /* called as the boot file; it returns. NULL = nothing */
    /* Answers an interrupt; NULL = none is called. */
    void (*on_interrupt)(uint8_t vector, struct rm_regs *regs);
    jmp_buf gone;        /* rm_leave() and leave_to_next_device() go there */
    bool next_device;    /* it was the latter */
    struct rm_jump jump; /* else where to */
} fake;

/* All that a boot knows. */
extern struct boot fake_boot;

/* Start a case: memory free, card open, network configured as 10.0.0.2, no files, no keys. */
void fake_boot_case(const char *name);

/* The same in a case that has begun, with DHCP servers (fake_dhcp.h). */
void fake_boot_start(void);

/* Put a file on the server; the bytes stay the caller's. Behind fake_boot_case(). */
void fake_serve(const char *path, const void *data, size_t length);
void fake_serve_text(const char *path, const char *text);
/* Or let the server answer with an error. */
void fake_refuse(const char *path, int error);

/* Fetch one; it has to be there. */
struct file *fake_fetch(const char *path);

/* True when the statement has left for good: into a boot file or to the next boot device. */
#define FAKE_LEAVES(statement) (setjmp(fake.gone) ? true : ((statement), false))

/* What the console has shown since the last call is, or has in it, this text. */
#define CHECK_SHOWN(text) check_text(fake_shown(), (text), "console", __FILE__, __LINE__)
#define CHECK_SHOWS(text) \
    check_that(strstr(fake.shown, (text)) != NULL, "console shows " text, __FILE__, __LINE__)
const char *fake_shown(void);

#endif
