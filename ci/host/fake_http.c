/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/errors.h"
#include "lib/identity.h"

struct fake_http fake_http;
struct download fake_http_got;
struct uri fake_http_uri;

static size_t seen; /* bytes of the connection's requests that were dealt with */
static uint8_t *memory;

uint8_t fake_http_byte(size_t at)
{
    return (uint8_t)(at * 2654435761u >> 24);
}

void fake_http_say_file(size_t from, size_t len)
{
    static uint8_t bytes[FAKE_HTTP_FILE];

    for (size_t i = 0; i < len; i++)
        bytes[i] = fake_http_byte(from + i);
    fake_tcp_say(bytes, len);
}

static void connected(void)
{
    seen = 0;
}

static void take(const uint8_t *data, size_t len)
{
    const char *end, *length;
    size_t size;

    len -= seen;
    if (!CHECK(len < sizeof(fake_http.request)))
        return;
    memcpy(fake_http.request, data + seen, len);
    fake_http.request[len] = '\0';
    end = strstr(fake_http.request, "\r\n\r\n");
    length = strstr(fake_http.request, "\r\nContent-Length: ");
    if (!end)
        return;
    size = (size_t)(end + 4 - fake_http.request);
    if (length && length < end)
        size += strtoul(length + 18, NULL, 10);
    if (size > len)
        return;
    CHECK_EQUAL(len, size); /* no request before the answer to the last one */
    seen += size;
    fake_http.requests++;
    if (fake_http.answer)
        fake_http.answer();
    else if (fake_http.answers)
        fake_tcp_say_text(fake_http.answers);
}

void fake_http_case(const char *name)
{
    fake_case(name);
    fake_configure();
    fake_arp_off = true; /* nobody answers, so the connection that was kept ends */
    CHECK_EQUAL(fake_http_get("http://10.0.0.99/", 1), E_NO_ARP);
    fake_tcp_case(name);
    fake_tcp.on_connect = connected;
    fake_tcp.on_data = take;
    memset(&fake_http, 0, sizeof(fake_http));
    memcpy(firmware_version, "1.2.3", 6);
}

bool fake_http_asked(const char *line)
{
    char whole[600];

    snprintf(whole, sizeof(whole), "\r\n%s\r\n", line);
    return strstr(fake_http.request, whole) != NULL;
}

int fake_http_get(const char *uri, size_t cap)
{
    free(memory);
    memory = malloc(cap + !cap);
    fake_http_got.base = memory;
    fake_http_got.cap = cap;
    CHECK_EQUAL(uri_parse(uri, &fake_http_uri), 0);
    return fetch_file(&fake_http_uri, &fake_http_got);
}

void fake_http_expect(const char *uri, const char *text)
{
    CHECK_EQUAL(fake_http_get(uri, 1000), 0);
    CHECK_EQUAL(fake_http_got.length, strlen(text));
    if (fake_http_got.length == strlen(text))
        CHECK_BYTES(fake_http_got.data, text, strlen(text));
}

void fake_http_expect_file(size_t len)
{
    bool same = fake_http_got.length == len;

    CHECK_EQUAL(fake_http_got.length, len);
    for (size_t i = 0; same && i < len; i++)
        same = fake_http_got.data[i] == fake_http_byte(i);
    CHECK(same);
}
