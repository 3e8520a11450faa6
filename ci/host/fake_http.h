/* SPDX-License-Identifier: BSD-2-Clause */
/* A scripted HTTP server on the fake TCP server, at 10.0.0.1. */
#ifndef FAKE_HTTP_H
#define FAKE_HTTP_H

#include "fake_tcp.h"
#include "net/fetch.h"

enum { FAKE_HTTP_FILE = 100000 };

struct fake_http {
    /* Set by the test: called for each request, and answers it with fake_tcp_say() and so on. */
    void (*answer)(void);
    const char *answers; /* without that: what every request is answered with, as it stands */
    /* What was seen. */
    unsigned requests;
    char request[4096]; /* the last one, with its body */
};
extern struct fake_http fake_http;

/* Start a case, with no connection kept from before. */
void fake_http_case(const char *name);

/* A byte of the file, and so many of them as (part of) an answer. */
uint8_t fake_http_byte(size_t at);
void fake_http_say_file(size_t from, size_t len);

/* True when the last request has that line. */
bool fake_http_asked(const char *line);

/* Fetch into `cap` bytes of fresh memory, so that a byte too many is noticed. */
extern struct download fake_http_got;
extern struct uri fake_http_uri;
int fake_http_get(const char *uri, size_t cap);
/* The same, and CHECK that this is what comes. */
void fake_http_expect(const char *uri, const char *text);
/* That the first `len` bytes of the file came. */
void fake_http_expect_file(size_t len);

#endif
