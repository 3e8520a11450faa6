/* Reading DHCP messages (RFC 2131 section 2, RFC 2132). */
#include "core/string.h"
#include "net/byteorder.h"
#include "net/dhcp_options.h"

enum { OVERLOAD_FILE = 1, OVERLOAD_SNAME = 2 };

static const uint8_t *find_in(const void *field, size_t len, unsigned tag)
{
    const uint8_t *p = field, *end = p + len, *found;

    while (p < end && *p != OPTION_END) {
        if (*p == OPTION_PAD) {
            p++;
            continue;
        }
        if (end - p < 2 || end - p - 2 < p[1])
            break;
        if (*p == (uint8_t)tag) {
            found = tag > 0xff ? find_in(p + 2, p[1], tag >> 8) : p + 1;
            if (found)
                return found;
        }
        p += 2 + p[1];
    }
    return NULL;
}

static const uint8_t *find_in_options(const struct dhcp_packet *packet, unsigned tag)
{
    const struct dhcp_message *m = dhcp_message(packet);

    if (packet->len < sizeof(*m) || m->cookie != be32(DHCP_COOKIE))
        return NULL;
    return find_in(m->options, packet->len - sizeof(*m), tag);
}

/* Which of `file` and `sname` hold options instead of names (option 52). */
static unsigned overloaded(const struct dhcp_packet *packet)
{
    const uint8_t *option = find_in_options(packet, OPTION_OVERLOAD);

    return option && option[0] ? option[1] : 0;
}

const uint8_t *dhcp_option(const struct dhcp_packet *packet, unsigned tag)
{
    const struct dhcp_message *m = dhcp_message(packet);
    const uint8_t *option = find_in_options(packet, tag);
    unsigned where = overloaded(packet);

    if (!option && (where & OVERLOAD_FILE))
        option = find_in(m->file, sizeof(m->file), tag);
    if (!option && (where & OVERLOAD_SNAME))
        option = find_in(m->sname, sizeof(m->sname), tag);
    return option;
}

uint32_t dhcp_option_address(const struct dhcp_packet *packet, unsigned tag)
{
    const uint8_t *option = dhcp_option(packet, tag);
    uint32_t address = 0;

    if (option && option[0] >= sizeof(address))
        memcpy(&address, option + 1, sizeof(address));
    return address;
}

/* Some servers pad names with FFh, or count a terminating NUL. */
static void copy_name(char *to, const void *from, size_t len)
{
    const char *p = from;

    while (len-- && *p && *p != '\xff')
        *to++ = *p++;
    *to = '\0';
}

void dhcp_option_string(const struct dhcp_packet *packet, unsigned tag, char *to)
{
    const uint8_t *option = dhcp_option(packet, tag);

    *to = '\0';
    if (option)
        copy_name(to, option + 1, option[0]);
}

uint8_t dhcp_type(const struct dhcp_packet *packet)
{
    const uint8_t *option = dhcp_option(packet, OPTION_TYPE);

    return option && option[0] ? option[1] : DHCP_BOOTP;
}

bool dhcp_is_pxe(const struct dhcp_packet *packet)
{
    static const char class[] = "PXEClient";
    const uint8_t *option = dhcp_option(packet, OPTION_CLASS);

    return option && option[0] >= sizeof(class) - 1 &&
           !memcmp(option + 1, class, sizeof(class) - 1);
}

uint32_t dhcp_server(const struct dhcp_packet *packet)
{
    uint32_t server = dhcp_option_address(packet, OPTION_SERVER_ID);

    return server ? server : dhcp_message(packet)->siaddr;
}

/* "192.168.0.1" → address; 0 for anything else. */
static uint32_t parse_address(const char *s)
{
    uint32_t address = 0;

    for (unsigned parts = 1;; parts++) {
        unsigned value = 0, digits = 0;
        for (; *s >= '0' && *s <= '9' && value <= 255; digits++)
            value = value * 10 + (unsigned)(*s++ - '0');
        if (!digits || value > 255)
            return 0;
        address = address << 8 | value;
        if (parts == 4)
            return *s ? 0 : be32(address);
        if (*s++ != '.')
            return 0;
    }
}

void dhcp_boot_target(const struct dhcp_packet *packet, uint32_t *server, char *file)
{
    const struct dhcp_message *m = dhcp_message(packet);
    unsigned where = overloaded(packet);

    dhcp_option_string(packet, OPTION_TFTP_SERVER, file);
    *server = parse_address(file);
    if (!*server)
        *server = m->siaddr;
    if (!*server)
        *server = dhcp_option_address(packet, OPTION_TFTP_ADDRESS);
    if (!*server && !(where & OVERLOAD_SNAME)) {
        copy_name(file, m->sname, sizeof(m->sname));
        *server = parse_address(file);
    }
    if (!*server)
        *server = dhcp_option_address(packet, OPTION_SERVER_ID);

    *file = '\0';
    if (!(where & OVERLOAD_FILE))
        copy_name(file, m->file, sizeof(m->file));
    if (!*file)
        dhcp_option_string(packet, OPTION_BOOT_FILE, file);
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
