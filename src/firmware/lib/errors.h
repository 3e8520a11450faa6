/* SPDX-License-Identifier: BSD-2-Clause */
/* The one list of errors. A function that can fail returns 0 or a negative code from here.
 * The code printed on the console (E07) is the number below and is explained in docs/errors.md;
 * numbers are never reused. */
#ifndef LIB_ERRORS_H
#define LIB_ERRORS_H

#define ERROR_LIST(X)                                           \
    X(E_NO_NIC, 1, "no card that this image drives")            \
    X(E_NIC_OPEN, 2, "card does not start")                     \
    X(E_NO_LINK, 3, "card has no link")                         \
    X(E_NO_MEMORY, 4, "not enough memory")                      \
    X(E_TIMEOUT, 5, "no answer")                                \
    X(E_CANCELLED, 6, "cancelled from the keyboard")            \
    X(E_TRANSMIT, 7, "card does not send")                      \
    X(E_NO_DHCP, 8, "no DHCP answer")                           \
    X(E_DHCP_NAK, 9, "DHCP server withdrew its offer")          \
    X(E_NO_BOOT_FILE, 10, "DHCP answer names no boot file")     \
    X(E_SELF_LOOP, 11, "boot file leads back to this loader")   \
    X(E_NO_ROUTE, 12, "no route to the server")                 \
    X(E_NO_ARP, 13, "no ARP answer")                            \
    X(E_FILE_NOT_FOUND, 14, "server does not have the file")    \
    X(E_ACCESS, 15, "server refuses the file")                  \
    X(E_TFTP, 16, "TFTP server reports an error")               \
    X(E_STALLED, 17, "transfer stopped part-way")               \
    X(E_PROTOCOL, 18, "server sent a malformed reply")          \
    X(E_TOO_BIG, 19, "file does not fit")                       \
    X(E_SHORT_FILE, 20, "file is shorter than it claims to be") \
    X(E_NOT_BOOTABLE, 21, "file has no format known here")      \
    X(E_BAD_IMAGE, 22, "boot file header is malformed")         \
    X(E_OVERLAP, 23, "boot file overlaps reserved memory")      \
    X(E_RETURNED, 24, "boot file returned")                     \
    X(E_PXE_STACK, 25, "PXE stack is missing or damaged")       \
    X(E_PXE_CALL, 26, "PXE call failed")                        \
    X(E_DAMAGED, 27, "image is damaged")                        \
    X(E_NO_DNS, 28, "no name server")                           \
    X(E_REFUSED, 29, "port unreachable")                        \
    X(E_SETTING, 30, "setting is unknown or malformed")         \
    X(E_NAME, 31, "no such host")                               \
    X(E_RESET, 32, "connection closed")                         \
    X(E_HTTP, 33, "HTTP server reports an error")               \
    X(E_REDIRECTS, 34, "too many redirections")                 \
    X(E_COMMAND, 35, "no such command")                         \
    X(E_ARGUMENTS, 36, "wrong arguments")                       \
    X(E_LABEL, 37, "no such label")                             \
    X(E_SYNTAX, 38, "malformed line")                           \
    X(E_NO_FILE, 39, "no such file")                            \
    X(E_UNPACK, 40, "file is damaged")                          \
    X(E_NO_DISK, 41, "disk does not boot")                      \
    X(E_UNSUPPORTED, 42, "not supported")                       \
    X(E_UNTRUE, 43, "condition is false")

#define ERROR_ENUM(name, number, text) name = -(number),
enum error { ERROR_LIST(ERROR_ENUM) E_END = -255 };
#undef ERROR_ENUM

/* Text for a negative code from ERROR_LIST; "unknown error" for any other number. Never NULL. */
const char *error_text(int error);

#endif
