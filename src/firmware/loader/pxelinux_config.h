/* SPDX-License-Identifier: BSD-2-Clause */
/* A configuration file of PXELINUX, read whole with what it includes, as a table of labels and
 * menus. There is one at a time. */
#ifndef LOADER_PXELINUX_CONFIG_H
#define LOADER_PXELINUX_CONFIG_H

#include "loader/files.h"

/* What directives say: the rest of their line. */
enum value {
    /* of everything: they are in the first entry */
    DEFAULT,
    UI,
    TIMEOUT,
    ONTIMEOUT,
    PROMPT,
    NOESCAPE,
    GLOBALS,
    /* of a label or menu; those before the first label are for all labels */
    NAME = GLOBALS,
    MENU_LABEL,
    TITLE, /* of a menu */
    KERNEL,
    APPEND,
    INITRD,
    SYSAPPEND,
    LOCALBOOT,
    CONFIG,
    HIDE,
    IS_DEFAULT,
    BEGIN,
    EXIT,
    GOTO,
    QUIT,
    PASSWORD,
    VALUES,
};

/* A label, or a menu: the first entry is the main one. */
struct entry {
    const char *value[VALUES]; /* NULL = not said */
    unsigned menu;             /* the entry whose menu it is in */
};
enum { ENTRIES_MAX = 256, LOADS_MAX = 99 };

extern struct entry config_entries[ENTRIES_MAX];
extern struct config_state {
    struct uri base;      /* names are relative to it */
    struct uri file;      /* the first one */
    unsigned loads;       /* files that were first ones since it was set to 0 */
    unsigned entries;     /* how many */
    unsigned sources;     /* of files, of which the first is `file` */
    unsigned open;        /* of these: their lines are being read */
    unsigned entry, menu; /* what directives are for now */
    size_t length;        /* of the texts */
    bool in_help;         /* the lines are a help text */
} config_state;

/* Read a file, which is then forgotten. Returns 0, or an error that it has said on the console. */
int config_read(struct boot *boot, struct file *file);

/* True when a file begins as one of these. */
bool config_recognise(const uint8_t *data, size_t length);

/* What stands behind a word, in any case; NULL when the text begins with another. */
const char *config_behind(const char *text, const char *word);

/* Behind blanks. */
const char *config_skip(const char *text);

/* The word that a text begins with, until the next call. */
char *config_word(const char *text);

/* Fetch the file that a text begins with. Returns 0, or an error that it has said. */
int config_fetch(struct boot *boot, const char *text, struct file **file);

/* Print where in which file a value stands, and what is wrong with its first word; returns the
 * error. */
int config_complain(const char *value, int error);

#endif
