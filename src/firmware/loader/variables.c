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

/* What has a value without that, and where it is. */
enum source { IN_NET, IN_LEASE, IN_TEXTS, IN_VERSION, IN_OPTION, IN_SMBIOS };
static const char texts[] = "pcbios\0i386";
static const struct known {
    char name[14];
    uint8_t source, type;
    uint16_t at; /* an offset, the number of an option, or a field as SYSTEM and CHASSIS have it */
} known[] = {
#define NET(type, member)   IN_NET, type, offsetof(struct net, member)
#define LEASE(type, member) IN_LEASE, type, offsetof(struct dhcp_lease, member)
#define OPTION              IN_OPTION
#define SYSTEM              0x100
#define CHASSIS             0x300
#define UUID                (SYSTEM | 8)
    {"ip", NET(TYPE_IPV4, ip)},
    {"netmask", NET(TYPE_IPV4, mask)},
    {"gateway", NET(TYPE_IPV4, gateway)},
    {"dns", NET(TYPE_IPV4, dns)},
    {"mac", NET(TYPE_HEX, mac)},
    {"next-server", LEASE(TYPE_IPV4, boot_server)},
    {"filename", LEASE(TYPE_STRING, boot_file)},
    {"platform", IN_TEXTS, TYPE_STRING, 0},
    {"buildarch", IN_TEXTS, TYPE_STRING, 7},
    {"version", IN_VERSION, TYPE_STRING, 0},
    {"hostname", IN_OPTION, TYPE_STRING, OPTION_HOST_NAME},
    {"domain", IN_OPTION, TYPE_STRING, OPTION_DOMAIN},
    {"root-path", IN_OPTION, TYPE_STRING, OPTION_ROOT_PATH},
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
struct name {
    const struct known *known;
    uint8_t scope, type; /* TYPES = not given */
    char plain[NAME_SIZE];
};

/* Read a name. False when it is too long, or has no such card or type. */
static bool read_name(struct name *name, const char *text)
{
    const char *behind = parse_prefix(text, "net");
    size_t n = 0;

    if (behind && (behind[1] == '/' || behind[1] == '.')) {
        if (*behind != '0' && *behind != 'X')
            return false;
        text = behind + 2;
    }
    name->scope = 0;
    for (const char *scope = scopes; *scope; scope += strlen(scope) + 1) {
        behind = parse_prefix(text, scope);
        if (behind) {
            text = behind;
            break;
        }
        name->scope++;
    }
    while (*text && *text != ':' && n < NAME_SIZE - 1)
        name->plain[n++] = *text++;
    name->plain[n] = 0;
    name->known = known;
    while (*name->known->name && strcmp(name->known->name, name->plain))
        name->known++;
    name->type = TYPES;
    if (!*text)
        return n;
    name->type = value_type(text + 1);
    return *text == ':' && name->type < TYPES && n;
}

/* The variable of a name, "" for a free place; NULL when there is none. */
static struct variable *find(const char *name)
{
    for (struct variable *v = variables; v < variables + VARIABLES_MAX; v++)
        if (!strcmp(v->name, name))
            return v;
    return NULL;
}

/* Numbers with dots between them, such as "175.189"; the last one stands last. */
static bool read_numbers(const char *p, uint8_t number[4])
{
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
static const struct dhcp_lease *lease_in(const struct boot *boot, unsigned scope)
{
    static struct dhcp_lease other;

    if (scope > PXE_SERVER)
        return &boot->lease;
    other.ack = scope == DHCP ? boot->lease.ack : boot->lease.proxy;
    dhcp_boot_target(&other.ack, &other.boot_server, other.boot_file);
    return &other;
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
    const struct dhcp_lease *lease = lease_in(boot, name->scope);
    const struct known *k = name->known;
    unsigned source = k->source, at = k->at;
    uint32_t length = at == UUID ? 16 : 0;

    value->length = 0;
    if (!*k->name) {
        uint8_t number[4];

        if (!read_numbers(name->plain, number))
            return;
        length = number[3];
        at = number[2] ? DHCP_INNER(number[2], length) : length;
        if (name->scope == SMBIOS) {
            source = IN_SMBIOS;
            at = number[1] << 8 | number[2];
        }
    }
    if (source == IN_SMBIOS) {
        value->length = length;
        value->data = smbios_field((uint8_t)(at >> 8), (uint8_t)at, &value->length);
    } else if (source == IN_OPTION) {
        const struct dhcp_value *option = dhcp_option(&lease->ack, at);

        if (!option->len)
            option = dhcp_option(&lease->proxy, at);
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

    if (cap)
        *text = 0;
    if (!read_name(&read, name))
        return -1;
    value.type = read.known->type;
    if (read.scope == ANY)
        variable = find(read.plain);
    value.is_text = variable;
    if (variable) {
        value.type = TYPE_STRING;
        value.data = (const uint8_t *)variable->value;
        value.length = (uint32_t)strlen(variable->value);
    } else {
        fetch(boot, &read, &value);
        if (!value.length)
            return -1;
    }
    if (read.type < TYPES && (read.type != TYPE_UUID || value.type != TYPE_GUID))
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
    if (variable)
        variable->name[0] = 0;
    if (read.known->at == OPTION_USER_CLASS)
        settings[SETTING_USER_CLASS] = 0;
    length = strlen(value) + 1;
    if (length == 1)
        return 0;
    variable = find("");
    if (length > VALUE_SIZE || !variable)
        return E_NO_MEMORY;
    memcpy(variable->value, value, length);
    if (read.type >= TYPE_HEXHYP && read.type <= TYPE_HEX && !decode(variable->value))
        return E_ARGUMENTS;
    memcpy(variable->name, read.plain, NAME_SIZE);
    if (read.known->at == OPTION_USER_CLASS)
        settings[SETTING_USER_CLASS] = (uintptr_t)variable->value;
    return 0;
}
