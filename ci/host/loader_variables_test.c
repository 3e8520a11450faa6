/* SPDX-License-Identifier: BSD-2-Clause */
/* Variables: what they stand for, their types, and what `set` does to them. */
#include <string.h>

#include "fake_boot.h"
#include "fake_smbios.h"
#include "lib/byteorder.h"
#include "lib/errors.h"
#include "lib/identity.h"
#include "lib/print.h"
#include "lib/settings.h"
#include "loader/variables.h"
#include "net/dhcp_options.h"

enum { SET_BEFORE = 4 }; /* variables that other tests leave */

static void start(const char *name)
{
    fake_boot_case(name);
    fake_smbios_usual();
}

/* A variable's value; NULL = there is none. */
static void check_value(const char *name, const char *value)
{
    char text[256];
    int length = variable_get(&fake_boot, name, text, sizeof(text));

    check_case(name);
    CHECK_EQUAL(length, value ? (int)strlen(value) : -1);
    CHECK_TEXT(text, value ? value : "");
}

static void set(const char *name, const char *value)
{
    check_case(name);
    CHECK_EQUAL(variable_set(&fake_boot, name, value), 0);
}

static void refuse(const char *name, const char *value)
{
    check_case(name);
    CHECK_EQUAL(variable_set(&fake_boot, name, value), E_ARGUMENTS);
}

/* A DHCP message with these options. */
static void make_packet(struct dhcp_packet *packet, const char *options, size_t length)
{
    struct dhcp_message *m = (struct dhcp_message *)packet->data;

    memset(packet, 0, sizeof(*packet));
    m->cookie = be32(DHCP_COOKIE);
    memcpy(m->options, options, length);
    packet->len = sizeof(*m) + length;
}
#define PACKET(packet, options) make_packet(&fake_boot.lease.packet, options, sizeof(options) - 1)

TEST(own)
{
    start("set and cleared");
    check_value("x", NULL);
    set("x", "one");
    set("y", "two words");
    set("x", "another");
    check_value("x", "another");
    check_value("y", "two words");
    check_value("net0/x", "another");
    check_value("netX/x", "another");
    check_value("net1/x", NULL);
    check_value("dhcp/x", NULL);
    set("y", "");
    check_value("y", NULL);
    check_value("x", "another");
    set("x", NULL);
    check_value("x", NULL);
    set("netX/z", "3");
    check_value("z", "3");
    set("network", "n");
    check_value("network", "n");
    set("a/b", "c");
    check_value("a/b", "c");
    set("x", "0");
    check_value("x", "0");
}

TEST(limits)
{
    static char long_text[1025], name[80];

    start("limits");
    memset(name, 'n', 63);
    set(name, "63 characters");
    check_value(name, "63 characters");
    name[63] = 'n';
    refuse(name, "64");
    check_value(name, NULL);
    set("network", NULL);
    refuse("", "x");
    refuse(":string", "x");
    refuse("x:nothing", "x");
    refuse("x:", "x");
    check_value("x:nothing", NULL);
    check_value("", NULL);

    memset(long_text, 'x', 1024);
    CHECK_EQUAL(variable_set(&fake_boot, "x", long_text), E_NO_MEMORY);
    check_value("x", "0");
    long_text[1023] = 0;
    set("x", long_text);
    CHECK_EQUAL(variable_get(&fake_boot, "x", name, 4), 1023);
    CHECK_TEXT(name, "xxx");

    start("how many there are");
    unsigned count = 0;
    do
        print_format(name, sizeof(name), "v%u", count++);
    while (count < 1000 && !variable_set(&fake_boot, name, "x"));
    CHECK_EQUAL(count, 256 - SET_BEFORE + 1);
    CHECK_EQUAL(variable_set(&fake_boot, name, "x"), E_NO_MEMORY);
    set("v0", "again");
    set("v7", NULL);
    set(name, "fits");
    while (count--) {
        print_format(name, sizeof(name), "v%u", count);
        set(name, NULL);
    }
}

TEST(card)
{
    start("the card");
    check_value("mac", "52:54:00:12:34:56");
    check_value("net0/mac:hexhyp", "52-54-00-12-34-56");
    check_value("netX/mac:hexraw", "525400123456");
    check_value("net1/mac", NULL);
    check_value("netY/mac", NULL);
    check_value("ip", "10.0.0.2");
    check_value("net0/netmask", "255.255.255.0");
    check_value("gateway", "10.0.0.1");
    check_value("ip:hexraw", "0a000002");
    check_value("ip:uint32", "167772162");
    net.ip = 0;
    check_value("ip", NULL);
    check_value("dns", NULL);
}

TEST(addresses)
{
    start("addresses that are set");
    set("net0/ip", "192.168.1.20");
    set("netmask", "255.255.0.0");
    set("netX/gateway", "192.168.1.1");
    set("dns", "192.168.1.2");
    set("next-server", "192.168.1.3");
    set("filename", "dir/menu.ipxe");
    CHECK_EQUAL(net.ip, fake_ip(192, 168, 1, 20));
    CHECK_EQUAL(net.mask, fake_ip(255, 255, 0, 0));
    CHECK_EQUAL(net.gateway, fake_ip(192, 168, 1, 1));
    CHECK_EQUAL(net.dns[0], fake_ip(192, 168, 1, 2));
    CHECK_EQUAL(fake_boot.lease.boot_server, fake_ip(192, 168, 1, 3));
    CHECK_TEXT(fake_boot.lease.boot_file, "dir/menu.ipxe");
    check_value("next-server", "192.168.1.3");
    check_value("filename", "dir/menu.ipxe");
    refuse("ip", "192.168.1");
    refuse("ip", "192.168.1.1.1");
    refuse("ip", "name");
    CHECK_EQUAL(net.ip, fake_ip(192, 168, 1, 20));
    set("gateway", "");
    CHECK_EQUAL(net.gateway, 0);
    set("filename", NULL);
    check_value("filename", NULL);

    static char name[DHCP_NAME_MAX + 2];
    memset(name, 'f', DHCP_NAME_MAX + 1);
    refuse("filename", name);
    name[DHCP_NAME_MAX] = 0;
    set("filename", name);
}

TEST(user_class)
{
    start("user class");
    check_value("user-class", NULL);
    set("user-class", "iPXE");
    set("other", "x");
    check_value("user-class", "iPXE");
    CHECK_TEXT((const char *)settings[SETTING_USER_CLASS], "iPXE");
    set("user-class", NULL);
    CHECK_EQUAL(settings[SETTING_USER_CLASS], 0);
}

TEST(servers)
{
    start("what servers said");
    check_value("66", NULL);
    check_value("proxydhcp/filename", NULL);
    PACKET(ack, "\x0c\5box-1\x0f\7lab.net\x11\5a:b:"
                "c\x36\4\x0a\0\0\1\x42\4text\x43\4file\xaf\6\x08\1\1\xbd\1\5"
                "\x81\3a\0b\x63\2\xff\xfe\x61\x11\0\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf\x10");
    PACKET(proxy, "\x42\5other\x43\5proxy\x80\4only\x36\4\x0a\0\0\4");
    strcpy(fake_boot.lease.boot_file, "chosen");
    fake_boot.lease.boot_server = fake_ip(10, 0, 0, 7);
    check_value("hostname", "box-1");
    check_value("domain", "lab.net");
    check_value("root-path", "a:b:c");
    check_value("dhcp-server", "10.0.0.1");
    check_value("66", "text");
    check_value("net0/66:string", "text");
    check_value("dhcp/66:string", "text");
    check_value("proxydhcp/66", "other");
    check_value("128", "only");
    check_value("dhcp/128", NULL);
    check_value("175.189:uint8", "5");
    check_value("175.8:int8", "1");
    check_value("175.7", NULL);
    check_value("129:hex", "61:00:62");
    check_value("129:string", "ab");
    check_value("99:uint16", "65534");
    check_value("99:int32", "65534");
    check_value("97:hexraw", "000102030405060708090a0b0c0d0e0f10");
    check_value("filename", "chosen");
    check_value("next-server", "10.0.0.7");
    check_value("dhcp/filename", "file");
    check_value("net0.dhcp/filename", "file");
    check_value("proxydhcp/filename", "proxy");
    check_value("netX.proxydhcp/dhcp-server", "10.0.0.4");
    check_value("dhcp/next-server", NULL);
    check_value("300", NULL);
    check_value("66.", NULL);
    check_value("6 6", NULL);
    check_value("1.2.3.4.5", NULL);
}

TEST(machine)
{
    start("the machine");
    check_value("platform", "pcbios");
    check_value("buildarch", "i386");
    strcpy(firmware_version, "1.2.3");
    check_value("version", "1.2.3");
    check_value("manufacturer", "Maker");
    check_value("smbios/product", "The Product");
    check_value("product:uristring", "The%20Product");
    check_value("serial:uristring", "S%2fN%201");
    check_value("uuid", "12345678-9abc-def0-0123-456789abcdef");
    check_value("uuid:uuid", "12345678-9abc-def0-0123-456789abcdef");
    check_value("uuid:hexraw", "123456789abcdef00123456789abcdef");
    check_value("asset", "Asset 7");
    check_value("smbios/1.4.0", "Maker");
    check_value("smbios/2.5.0:string", "Board");
    check_value("smbios/2.4.0", "Board Maker");
    check_value("smbios/2.5.3:hex", "02:00:03");
    check_value("smbios/2.5.4:hex", NULL);
    check_value("smbios/2.4.0:hexraw", "426f617264204d616b6572");
    check_value("smbios/2.7.0", "B1");
    check_value("smbios/2.2.0", "Board");
    check_value("smbios/1.1.0", NULL);
    check_value("smbios/2.6.0", NULL);
    check_value("smbios/9.4.0", NULL);
    check_value("smbios/1.8.16:uuid", "12345678-9abc-def0-0123-456789abcdef");
    check_value("smbios/1.8.3:uuid", "785634");
    check_value("smbios/1.8.200", NULL);
    set("platform", "mine");
    check_value("platform", "mine");
    set("platform", NULL);
}

TEST(damaged_tables)
{
    start("no table");
    fake_smbios(NULL, 0);
    check_value("uuid", NULL);
    fake_smbios("", 0);
    check_value("uuid", NULL);
    fake_smbios("\1\x1b\1\0\1\2\0\3", 8);
    check_value("manufacturer", NULL);
    check_value("uuid", NULL);
    fake_smbios("\1\x06\1\0\1\2Maker", 11);
    check_value("manufacturer", NULL);
    fake_smbios("\1\x06\1\0\1\2Maker\0", 12);
    check_value("manufacturer", NULL);
    fake_smbios("\1\x06\1\0\1\2Maker\0\0", 13);
    check_value("manufacturer", "Maker");
    check_value("product", NULL);
    fake_smbios("\1\x03\1\0\1\2Maker\0\0", 13);
    check_value("manufacturer", NULL);
    fake_smbios("\x7f\4\1\0\0\0\1\x06\1\0\1\2Maker\0\0", 19);
    check_value("manufacturer", NULL);
}

TEST(types)
{
    start("types of texts");
    set("x", "a b/c~%");
    check_value("x:string", "a b/c~%");
    check_value("x:uristring", "a%20b%2fc%7e%25");
    check_value("x:hexraw", "6120622f637e25");
    set("n", "300");
    check_value("n:int32", "300");
    check_value("n:uint16", "300");
    check_value("n:ipv4", "300");
    set("a", "10.0.0.9");
    check_value("a:ipv4", "10.0.0.9");
    check_value("a:uint32", "10.0.0.9");
    set("i:int32", "7");
    check_value("i", "7");
    set("esc:hex", "1b");
    check_value("esc:string", "\x1b");
    set("pair:hexraw", "4a4B");
    check_value("pair", "JK");
    set("dashed:hexhyp", "41-42-4");
    check_value("dashed", "AB\x04");
    refuse("bad:hex", "xy");
    refuse("bad:hex", "00");
}
