/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/variables.h"

#include "lib/byteorder.h"
#include "lib/errors.h"
#include "lib/identity.h"
#include "lib/parse.h"
#include "lib/settings.h"
#include "lib/string.h"
#include "loader/boot.h"
#include "loader/value.h"
#include "net/dhcp_options.h"
#include "net/net.h"
#include "platform/bios/smbios.h"

enum { VARIABLES_MAX = 256, NAME_SIZE = 64, VALUE_SIZE = 1024 };

/* What was set; a name "" is a free place. */
static struct variable {
    char name[NAME_SIZE], value[VALUE_SIZE];
} variables[VARIABLES_MAX];

/* What has a value without that, and where it is: names, and in the same order the rest. */
static const char names[] =
    "mac\0ip\0netmask\0gateway\0dns\0next-"
    "server\0filename\0platform\0buildarch\0version\0hostname\0"
    "domain\0root-path\0dhcp-server\0user-class\0manufacturer\0product\0serial\0asset\0uuid\0";
enum source { IN_NET, IN_LEASE, IN_TEXTS, IN_VERSION, IN_OPTION, IN_SMBIOS };
static const char texts[] = "pcbios\0i386";
static const struct known {
    uint8_t source, type;
    uint16_t at; /* an offset, the number of an option, or a field as SYSTEM and CHASSIS have it */
} known[] = {
#define NET(type, member)   IN_NET, type, offsetof(struct net, member)
#define LEASE(type, member) IN_LEASE, type, offsetof(struct dhcp_lease, member)
#define SYSTEM(offset)      IN_SMBIOS, TYPE_STRING, (offset) << 8 | 1
#define CHASSIS(offset)     IN_SMBIOS, TYPE_STRING, (offset) << 8 | 3
    {NET(TYPE_HEX, mac)},
    {NET(TYPE_IPV4, ip)},
    {NET(TYPE_IPV4, mask)},
    {NET(TYPE_IPV4, gateway)},
    {NET(TYPE_IPV4, dns)},
    {LEASE(TYPE_IPV4, boot_server)},
    {LEASE(TYPE_STRING, boot_file)},
    {IN_TEXTS, TYPE_STRING, 0},
    {IN_TEXTS, TYPE_STRING, 7},
    {IN_VERSION, TYPE_STRING, 0},
    {IN_OPTION, TYPE_STRING, OPTION_HOST_NAME},
    {IN_OPTION, TYPE_STRING, OPTION_DOMAIN},
    {IN_OPTION, TYPE_STRING, OPTION_ROOT_PATH},
    {IN_OPTION, TYPE_IPV4, OPTION_SERVER_ID},
    {IN_OPTION, TYPE_STRING, OPTION_USER_CLASS},
    {SYSTEM(4)},
    {SYSTEM(5)},
    {SYSTEM(7)},
    {CHASSIS(8)},
    {IN_SMBIOS, TYPE_UUID, 8 << 8 | 1},
    {IN_OPTION, TYPE_STRING, 0}, /* all others */
};

/* A name as it was read: "card/scope/name:type". */
static const char cards[] = "net0/\0netx/\0net0.\0netx.\0";
static const char scopes[] = "dhcp/\0proxydhcp/\0smbios/\0";
enum scope { DHCP, PROXY, SMBIOS, ANY };
struct name {
    const struct known *known;
    unsigned scope, type; /* TYPES = not given */
    char plain[NAME_SIZE];
};

/* Read a name. False when it is too long, or has no such type. */
static bool read_name(struct name *name, const char *text)
{
    unsigned n;

    text = parse_one_of(parse_one_of(text, cards, &n), scopes, &name->scope);
    for (n = 0; *text && *text != ':' && n < NAME_SIZE - 1; n++)
        name->plain[n] = *text++;
    name->plain[n] = 0;
    name->known = known;
    for (const char *p = names; *p && strcmp(p, name->plain); p += strlen(p) + 1)
        name->known++;
    name->type = TYPES;
    if (*text) {
        parse_one_of(text + 1, value_types, &name->type);
        if (*text != ':' || name->type == TYPES)
            return false;
    }
    return n;
}

/* The variable of a name, "" for a free place; NULL when there is none. */
static struct variable *find(const char *name)
{
    for (struct variable *v = variables; v < variables + VARIABLES_MAX; v++)
        if (!strcmp(v->name, name))
            return v;
    return NULL;
}

/* Numbers with dots between them, such as "175.189": the first one in the lowest byte. 0 for
 * anything else. */
static uint32_t read_numbers(const char *p)
{
    uint32_t value, numbers = 0;

    for (unsigned shift = 0; shift < 32; shift += 8) {
        p = parse_decimal(p, &value);
        if (!p)
            break;
        numbers |= (uint8_t)value << shift;
        if (!*p)
            return numbers;
        if (*p++ != '.')
            break;
    }
    return 0;
}

/* Where the network stack or a lease has it. */
static uint8_t *location(const struct known *k, const struct dhcp_lease *lease)
{
    const void *base = k->source == IN_NET     ? (const void *)&net
                       : k->source == IN_LEASE ? (const void *)lease
                       : k->source == IN_TEXTS ? texts
                                               : firmware_version;

    return (uint8_t *)(uintptr_t)base + k->at;
}

/* Its value; length 0 when there is none. */
static void fetch(const struct boot *boot, const struct name *name, struct value *value)
{
    static struct dhcp_lease one; /* what one of the servers said */
    static uint8_t uuid[16];      /* SMBIOS has the first three fields little-endian */
    const struct dhcp_lease *lease = &boot->lease;
    const struct known *k = name->known;
    unsigned source = k->source;
    uint32_t at = k->at;

    if (name->scope <= PROXY) {
        one.ack = name->scope == DHCP ? lease->ack : lease->proxy;
        dhcp_boot_target(&one.ack, &one.boot_server, one.boot_file);
        lease = &one;
    }
    value->length = 0;
    if (k->type == TYPE_UUID)
        at |= 16 << 16;
    if (!at && source == IN_OPTION) {
        at = read_numbers(name->plain);
        if (name->scope == SMBIOS)
            source = IN_SMBIOS;
    }
    if (source == IN_SMBIOS) {
        value->length = at >> 16;
        value->data = smbios_field((uint8_t)at, (uint8_t)(at >> 8), &value->length);
        if (at >> 16 == sizeof(uuid) && value->length) {
            for (unsigned i = 0; i < sizeof(uuid); i++)
                uuid[i] = value->data[i < 4 ? i ^ 3 : i < 8 ? i ^ 1 : i];
            value->data = uuid;
        }
    } else if (source == IN_OPTION) {
        const struct dhcp_value *option = dhcp_option(&lease->ack, (uint16_t)at);

        if (!option->len)
            option = dhcp_option(&lease->proxy, (uint16_t)at);
        value->data = option->data;
        value->length = (uint32_t)option->len;
    } else {
        value->data = location(k, lease);
        if (k->type == TYPE_STRING)
            value->length = (uint32_t)strlen((const char *)value->data);
        else if (k->type == TYPE_HEX)
            value->length = sizeof(net.mac);
        else if (get32(value->data))
            value->length = sizeof(uint32_t);
    }
}

int variable_get(struct boot *boot, const char *name, char *text, size_t cap)
{
    const struct variable *variable = NULL;
    struct value value;
    struct name read;

    *text = 0;
    if (!read_name(&read, name))
        return -1;
    value.type = read.known->type;
    if (read.scope == ANY)
        variable = find(read.plain);
    if (variable) {
        value.data = (const uint8_t *)variable->value;
        value.length = (uint32_t)strlen(variable->value);
        value.type = TYPE_STRING;
        if (read.type >= TYPE_IPV4) /* text already shows an address or number */
            read.type = TYPES;
    } else {
        fetch(boot, &read, &value);
        if (!value.length)
            return -1;
    }
    if (read.type < TYPES)
        value.type = read.type;
    return value_print(&value, text, cap);
}

/* Set what the lease or the network stack has. */
static int set_known(const struct known *k, uint8_t *to, const char *value)
{
    size_t length = strlen(value) + 1;
    uint32_t address = 0;

    if (k->type == TYPE_STRING) {
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

/* Bytes in the place of their hexadecimal digits; NUL cannot be one. */
static bool decode(char *text)
{
    const char *p = text;
    uint32_t byte;

    while (*p) {
        p = parse_hex(p, 2, &byte);
        if (!p || !byte)
            return false;
        *text++ = (char)byte;
        p += *p == ':' || *p == '-';
    }
    *text = 0;
    return true;
}

int variable_set(struct boot *boot, const char *name, const char *value)
{
    struct variable *variable;
    struct name read;
    size_t length;

    if (!value)
        value = "";
    if (!read_name(&read, name))
        return E_ARGUMENTS;
    if (read.known->source <= IN_LEASE && read.known->type != TYPE_HEX)
        return set_known(read.known, location(read.known, &boot->lease), value);
    variable = find(read.plain);
    if (!variable)
        variable = find("");
    length = strlen(value) + 1;
    if (length > VALUE_SIZE || !variable)
        return E_NO_MEMORY;
    variable->name[0] = 0;
    memcpy(variable->value, value, length);
    if (read.type >= TYPE_HEXHYP && read.type <= TYPE_HEX && !decode(variable->value))
        return E_ARGUMENTS;
    if (length > 1)
        memcpy(variable->name, read.plain, NAME_SIZE);
    if (read.known->at == OPTION_USER_CLASS)
        settings[SETTING_USER_CLASS] = length > 1 ? (uintptr_t)variable->value : 0;
    return 0;
}

const char *variable_name(unsigned n)
{
    const char *name = names;

    for (const struct variable *v = variables; v < variables + VARIABLES_MAX; v++)
        if (v->name[0] && !n--)
            return v->name;
    for (; *name && n--; name += strlen(name) + 1)
        ;
    return *name ? name : NULL;
}
