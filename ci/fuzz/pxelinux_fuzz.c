/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration files of PXELINUX: whatever they say, carrying one out comes to its end once Esc is
 * pressed, and what it says on the console is text.
 *
 * Input: files, each ended by a NUL, which are called c, a, b and pxelinux.cfg/default. The first
 * is carried out; or, when it begins with '!', looked for. Behind them are the keys that are typed.
 */
#include "fake_boot.h"
#include "fuzz.h"
#include "loader/pxelinux.h"
#include "net/fetch.h"

enum { FILE_MAX = 4096, KEYS_MAX = 100, PATIENCE_MS = 20000 };

static char texts[4][FILE_MAX + 1], keys[KEYS_MAX + 1];

static void take_text(struct input *in, char *to, size_t max)
{
    size_t n = 0;

    for (char c; (c = (char)take(in)); n += n < max)
        to[n] = c;
    to[n] = 0;
}

static void fail_call(uint8_t vector, struct rm_regs *regs)
{
    regs->flags |= 1;
}

static void carry_out(const struct uri *uri)
{
    if (texts[0][0] == '!')
        pxelinux_search(&fake_boot, uri, 0);
    else
        file_run(&fake_boot, fake_fetch("c"));
}

/* In the end Esc is pressed, over and over. */
static void on_idle(void)
{
    if (fake_now > PATIENCE_MS && !*fake.keys)
        fake.keys = "\x1b";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"c", "a", "b", "pxelinux.cfg/default"};
    struct input in = {data, size};
    struct uri uri;

    fake_boot_case("");
    for (unsigned i = 0; i < 4; i++) {
        take_text(&in, texts[i], FILE_MAX);
        fake_serve_text(names[i], texts[i]);
    }
    take_text(&in, keys, KEYS_MAX);
    fake.keys = keys;
    fake_on_idle = on_idle;
    fake.on_interrupt = fail_call;
    memset(&uri, 0, sizeof(uri));
    CHECK(!uri_parse("mem://10.0.0.1/pxelinux.cfg/", &uri));
    if (!FAKE_LEAVES(carry_out(&uri)))
        CHECK(!fake.next_device);
    for (const char *c = fake.shown; *c; c++)
        CHECK((*c >= ' ' && *c <= '~') || *c == '\n' || *c == '\r' || *c == '\b' || *c == 0x1b);
    return 0;
}
