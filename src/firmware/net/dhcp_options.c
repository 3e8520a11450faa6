/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading DHCP messages (RFC 2131 section 2, RFC 2132). */
#include "net/dhcp_options.h"
#include "lib/byteorder.h"
#include "lib/parse.h"
#include "lib/string.h"

enum { OVERLOAD_FILE = 1, OVERLOAD_SNAME = 2 };

static struct dhcp_value found; /* what dhcp_option() returned last */

/* Append to `found` each piece of an option that a field has. Of one inside another: of each
 * `outer` by itself. */
static void collect(const void *field, size_t len, unsigned tag)
{
    const uint8_t *p = field, *end = p + len;

    while (p < end && *p != OPTION_END) {
        if (*p == OPTION_PAD) {
            p++;
            continue;
        }
        if (end - p < 2 || end - p - 2 < p[1])
            break;
        if (*p == tag) {
            memcpy(found.data + found.len, p + 2, p[1]);
            found.len += p[1];
        } else if (*p == (uint8_t)tag) {
            collect(p + 2, p[1], tag >> 8);
        }
        p += 2 + p[1];
    }
}

/* An option as the field `options` alone has it. */
static void start(const struct dhcp_packet *packet, unsigned tag)
{
    const struct dhcp_message *m = dhcp_message(packet);

    found.len = found.data[0] = 0;
    if (packet->len >= sizeof(*m) && m->cookie == be32(DHCP_COOKIE))
        collect(m->options, packet->len - sizeof(*m), tag);
}

/* Which of `file` and `sname` hold options instead of names (option 52). */
static unsigned overloaded(const struct dhcp_packet *packet)
{
    start(packet, OPTION_OVERLOAD);
    return found.data[0];
}

const struct dhcp_value *dhcp_option(const struct dhcp_packet *packet, unsigned tag)
{
    static struct dhcp_value outer;
    const struct dhcp_message *m = dhcp_message(packet);

    if (tag > 0xff) {
        outer = *dhcp_option(packet, tag & 0xff);
        found.len = 0;
        collect(outer.data, outer.len, tag >> 8);
        if (found.len)
            return &found;
    }
    /* All pieces in their order (RFC 3396 section 7). */
    unsigned where = overloaded(packet);
    start(packet, tag);
    if (where & OVERLOAD_FILE)
        collect(m->file, sizeof(m->file), tag);
    if (where & OVERLOAD_SNAME)
        collect(m->sname, sizeof(m->sname), tag);
    return &found;
}

uint32_t dhcp_option_address(const struct dhcp_packet *packet, unsigned tag)
{
    const struct dhcp_value *option = dhcp_option(packet, tag);

    return option->len < sizeof(uint32_t) ? 0 : *(const uint32_t *)option->data;
}

/* Some servers pad names with FFh, or count a terminating NUL. */
static void copy_name(char *to, const void *from, size_t len)
{
    const char *p = from;

    while (len-- && *p && *p != '\xff')
        *to++ = *p++;
    *to = '\0';
}

void dhcp_option_string(const struct dhcp_packet *packet, unsigned tag, char *to, size_t max)
{
    const struct dhcp_value *option = dhcp_option(packet, tag);

    copy_name(to, option->data, option->len > max ? 0 : option->len);
}

uint8_t dhcp_type(const struct dhcp_packet *packet)
{
    return dhcp_option(packet, OPTION_TYPE)->data[0];
}

bool dhcp_is_pxe(const struct dhcp_packet *packet)
{
    static char class[DHCP_PACKET_MAX + 1];

    dhcp_option_string(packet, OPTION_CLASS, class, DHCP_PACKET_MAX);
    return parse_prefix(class, "pxeclient") || parse_prefix(class, "httpclient");
}

uint32_t dhcp_server(const struct dhcp_packet *packet)
{
    uint32_t server = dhcp_option_address(packet, OPTION_SERVER_ID);

    return server ? server : dhcp_message(packet)->siaddr;
}

/* The server that `text` is the address of, 0 when it is none. */
static uint32_t text_address(const char *text)
{
    uint32_t address;
    const char *behind = parse_address(text, &address);

    return behind && !*behind ? address : 0;
}

void dhcp_boot_target(const struct dhcp_packet *packet, uint32_t *server, char *file)
{
    const struct dhcp_message *m = dhcp_message(packet);

    uint32_t address;

    dhcp_option_string(packet, OPTION_TFTP_SERVER, file, DHCP_NAME_MAX);
    address = text_address(file);
    if (!address)
        address = m->siaddr;
    if (!address)
        address = dhcp_option_address(packet, OPTION_TFTP_ADDRESS);
    *server = address;
    if (!*server && !*file) {
        /* A name in `sname` is mostly the DHCP server's own. */
        if (!(overloaded(packet) & OVERLOAD_SNAME))
            copy_name(file, m->sname, sizeof(m->sname));
        *server = text_address(file);
        if (!*server)
            *server = dhcp_option_address(packet, OPTION_SERVER_ID);
    }

    *file = '\0';
    if (!dhcp_file_is_options(packet))
        copy_name(file, m->file, sizeof(m->file));
    if (!*file)
        dhcp_option_string(packet, OPTION_BOOT_FILE, file, DHCP_NAME_MAX);
}

bool dhcp_file_is_options(const struct dhcp_packet *packet)
{
    return overloaded(packet) & OVERLOAD_FILE;
}

bool dhcp_names_file(const struct dhcp_packet *packet)
{
    char file[DHCP_NAME_MAX + 1];
    uint32_t server;

    dhcp_boot_target(packet, &server, file);
    return *file != '\0';
}
