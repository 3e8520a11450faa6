/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/variables.h"

#include "lib/byteorder.h"
#include "lib/errors.h"
#include "lib/parse.h"
#include "lib/print.h"
#include "lib/settings.h"
#include "lib/string.h"
#include "loader/boot.h"
#include "loader/value.h"
#include "net/dhcp_options.h"
#include "net/net.h"
#include "platform/bios/smbios.h"

enum { POOL_MAX = 1 << 15, NAME_MAX = 63 };

/* A list: "name", its NUL, "value" and its NUL, one behind the other, ended by "". */
static const char constants[] = "platform\0pcbios\0buildarch\0i386\0";
static char pool[POOL_MAX + 1]; /* what was set */

/* What is not in a list, and where it is. */
enum source { IN_NET, IN_LEASE, IN_OPTION, IN_SMBIOS };
static const struct known {
    char name[14];
    uint8_t source, type;
    uint16_t at; /* an offset, an option, or a field as SYSTEM() and CHASSIS have it */
} known[] = {
#define NET(member)         IN_NET, TYPE_IPV4, offsetof(struct net, member)
#define LEASE(type, member) IN_LEASE, type, offsetof(struct dhcp_lease, member)
#define SYSTEM              0x100
#define CHASSIS             0x300
#define UUID                (SYSTEM | 8)
    {"mac", IN_NET, TYPE_HEX, offsetof(struct net, mac)},
    {"ip", NET(ip)},
    {"netmask", NET(mask)},
    {"gateway", NET(gateway)},
    {"next-server", LEASE(TYPE_IPV4, boot_server)},
    {"filename", LEASE(TYPE_STRING, boot_file)},
    {"dns", NET(dns)},
    {"hostname", IN_OPTION, TYPE_STRING, 12},
    {"domain", IN_OPTION, TYPE_STRING, 15},
    {"root-path", IN_OPTION, TYPE_STRING, 17},
    {"dhcp-server", IN_OPTION, TYPE_IPV4, OPTION_SERVER_ID},
    {"user-class", IN_OPTION, TYPE_STRING, OPTION_USER_CLASS},
    {"manufacturer", IN_SMBIOS, TYPE_STRING, SYSTEM | 4},
    {"product", IN_SMBIOS, TYPE_STRING, SYSTEM | 5},
    {"serial", IN_SMBIOS, TYPE_STRING, SYSTEM | 7},
    {"uuid", IN_SMBIOS, TYPE_GUID, UUID},
    {"asset", IN_SMBIOS, TYPE_STRING, CHASSIS | 8},
    {"", IN_OPTION, TYPE_STRING, 0}, /* all others */
};

/* A name as it was read: "scope/name:type". */
static const char scopes[] = "dhcp/\0proxydhcp/\0pxebs/\0smbios/\0builtin/\0";
enum scope { DHCP, PROXY, PXE_SERVER, SMBIOS, BUILTIN, ANY };
static struct {
    enum scope scope;
    char plain[NAME_MAX + 1];
    enum value_type type; /* TYPES = not given */
    const struct known *known;
} name;

/* Read a name. False when it is too long, or has no such card or type. */
static bool read_name(const char *text)
{
    const char *behind = parse_prefix(text, "net");
    size_t n = 0;

    if (behind && (behind[1] == '/' || behind[1] == '.')) {
        if (*behind != '0' && *behind != 'X')
            return false;
        text = behind + 2;
    }
    name.scope = 0;
    for (const char *scope = scopes; *scope; scope += strlen(scope) + 1) {
        behind = parse_prefix(text, scope);
        if (behind) {
            text = behind;
            break;
        }
        name.scope++;
    }
    while (*text && *text != ':' && n < NAME_MAX)
        name.plain[n++] = *text++;
    name.plain[n] = 0;
    name.type = TYPES;
    if (*text)
        name.type = value_type(text + 1);
    name.known = known;
    while (*name.known->name && strcmp(name.known->name, name.plain))
        name.known++;
    return !*text || (*text == ':' && name.type != TYPES);
}

static const char *behind(const char *p)
{
    return p + strlen(p) + 1;
}

/* Where a variable's name is in a list, or that list's end. */
static const char *find(const char *list, const char *variable)
{
    while (*list && strcmp(list, variable))
        list = behind(behind(list));
    return list;
}

/* Numbers with dots between them, such as "175.189"; the last one stands last. */
static bool read_numbers(uint8_t number[4])
{
    const char *p = name.plain;
    uint32_t value;

    memset(number, 0, 4);
    do {
        p = parse_decimal(p, &value);
        memmove(number, number + 1, 3);
        number[3] = (uint8_t)value;
    } while (p && *p++ == '.');
    return p && !p[-1];
}

/* What the servers or one of them said. */
static const struct dhcp_lease *lease_in(const struct boot *boot)
{
    static struct dhcp_lease other;

    if (name.scope > PXE_SERVER)
        return &boot->lease;
    other.ack = name.scope == DHCP ? boot->lease.ack : boot->lease.proxy;
    dhcp_boot_target(&other.ack, &other.boot_server, other.boot_file);
    return &other;
}

/* An option that a server gave, or else the one that named the boot file. */
static const struct dhcp_value *option_in(const struct dhcp_lease *lease, unsigned tag)
{
    const struct dhcp_value *option = dhcp_option(&lease->ack, tag);

    return option->len ? option : dhcp_option(&lease->proxy, tag);
}

/* Where the network stack or a lease has what is known by the name. */
static uint8_t *location(const struct dhcp_lease *lease)
{
    return (uint8_t *)(name.known->source == IN_NET ? (uintptr_t)&net : (uintptr_t)lease) +
           name.known->at;
}

/* The value of the name; length 0 when there is none. */
static void fetch(const struct boot *boot, struct value *value)
{
    const struct dhcp_lease *lease = lease_in(boot);
    const char *variable = name.scope == ANY ? find(pool, name.plain) : "";
    const struct known *k = name.known;
    enum source source = k->source;
    unsigned at = k->at;
    struct smbios_tag field = {0, (uint8_t)(at >> 8), (uint8_t)at, at == UUID ? 16 : 0};

    if (!*variable)
        variable = find(constants, name.plain);
    if (*variable) {
        variable = behind(variable);
        *value = (struct value){(const uint8_t *)variable, (uint32_t)strlen(variable), TYPE_STRING,
                                true};
        return;
    }
    *value = (struct value){.type = k->type};
    if (!*k->name) {
        if (!read_numbers((uint8_t *)&field))
            return;
        if (name.scope == SMBIOS)
            source = IN_SMBIOS;
        at = field.offset ? DHCP_INNER(field.offset, field.length) : field.length;
    }
    if (source == IN_SMBIOS) {
        value->data = smbios_field(&field, &value->length);
        if (!value->data)
            value->length = 0;
    } else if (source == IN_OPTION) {
        const struct dhcp_value *option = option_in(lease, at);

        value->data = option->data;
        value->length = (uint32_t)option->len;
    } else {
        value->data = location(lease);
        value->length = value->type == TYPE_STRING ? (uint32_t)strlen((const char *)value->data)
                        : value->type == TYPE_HEX  ? sizeof(net.mac)
                        : get32(value->data)       ? sizeof(uint32_t)
                                                   : 0;
    }
}

int variable_get(struct boot *boot, const char *text_name, char *text, size_t cap)
{
    struct value value;

    if (cap)
        *text = 0;
    if (!read_name(text_name))
        return -1;
    fetch(boot, &value);
    if (!value.length)
        return -1;
    if (name.type < TYPES)
        value.type = name.type;
    if (value.type == TYPE_UUID && *name.known->name)
        value.type = TYPE_GUID; /* as SMBIOS has it */
    return value_print(&value, text, cap);
}

/* Set what the lease or the network stack has. */
static int set_known(uint8_t *to, const char *value)
{
    size_t length = strlen(value) + 1;
    uint32_t address = 0;

    if (name.known->type == TYPE_STRING) {
        if (length > DHCP_NAME_MAX + 1)
            return E_ARGUMENTS;
        memcpy(to, value, length);
        return 0;
    }
    if (*value) {
        value = parse_address(value, &address);
        if (!value || *value)
            return E_ARGUMENTS;
    }
    memcpy(to, &address, sizeof(address));
    return 0;
}

int variable_set(struct boot *boot, const char *text, const char *value)
{
    static const char user_class[] = "user-class";
    static size_t used;
    size_t length;
    const char *old;

    if (!value)
        value = "";
    if (!read_name(text) || !name.plain[0])
        return E_ARGUMENTS;
    if (name.known->source <= IN_LEASE && name.known->type != TYPE_HEX)
        return set_known(location(&boot->lease), value);

    old = find(pool, name.plain);
    if (*old) {
        const char *next = behind(behind(old));

        memmove((char *)old, next, (size_t)(pool + used - next));
        used -= (size_t)(next - old);
    }
    length = strlen(name.plain) + strlen(value) + 2;
    if (*value && length <= POOL_MAX - used) {
        print_format(pool + used, length, "%S%c%S", name.plain, 0, value);
        used += length;
        value = "";
    }
    pool[used] = 0;
    old = find(pool, user_class);
    if (*old || !strcmp(name.plain, user_class))
        settings[SETTING_USER_CLASS] = *old ? (uintptr_t)behind(old) : 0;
    return *value ? E_NO_MEMORY : 0;
}

const char *variable_name(unsigned n)
{
    const char *p = pool;

    for (; *p && n; n--)
        p = behind(behind(p));
    if (*p)
        return p;
    return n < sizeof(known) / sizeof(known[0]) - 1 ? known[n].name : NULL;
}
