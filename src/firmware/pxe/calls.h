/* Opcodes and parameter blocks of the PXE API (PXE 2.1 sections 3.1 and 3.4) that both sides of it
 * use: the services we offer and the stack we may be started from. Port numbers and addresses in
 * blocks are in network byte order. */
#ifndef PXE_CALLS_H
#define PXE_CALLS_H

#include <stdint.h>

#include "platform/bios/realmode.h"

enum pxe_opcode_number {
    PXENV_START_UNDI = 0x00,
    PXENV_UNDI_STARTUP,
    PXENV_UNDI_CLEANUP,
    PXENV_UNDI_INITIALIZE,
    PXENV_UNDI_RESET,
    PXENV_UNDI_SHUTDOWN,
    PXENV_UNDI_OPEN,
    PXENV_UNDI_CLOSE,
    PXENV_UNDI_TRANSMIT,
    PXENV_UNDI_SET_MCAST_ADDRESS,
    PXENV_UNDI_SET_STATION_ADDRESS,
    PXENV_UNDI_SET_PACKET_FILTER,
    PXENV_UNDI_GET_INFORMATION,
    PXENV_UNDI_GET_STATISTICS,
    PXENV_UNDI_CLEAR_STATISTICS,
    PXENV_UNDI_INITIATE_DIAGS,
    PXENV_UNDI_FORCE_INTERRUPT,
    PXENV_UNDI_GET_MCAST_ADDRESS,
    PXENV_UNDI_GET_NIC_TYPE,
    PXENV_UNDI_GET_IFACE_INFO,
    PXENV_UNDI_ISR,
    PXENV_STOP_UNDI,
    PXENV_TFTP_OPEN = 0x20,
    PXENV_TFTP_CLOSE,
    PXENV_TFTP_READ,
    PXENV_TFTP_READ_FILE,
    PXENV_TFTP_GET_FSIZE = 0x25,
    PXENV_UDP_OPEN = 0x30,
    PXENV_UDP_CLOSE,
    PXENV_UDP_READ,
    PXENV_UDP_WRITE,
    PXENV_UNLOAD_STACK = 0x70,
    PXENV_GET_CACHED_INFO,
    PXENV_RESTART_TFTP = 0x73,
    PXENV_START_BASE = 0x76,
    PXENV_STOP_BASE,
    PXENV_FILE_OPEN = 0xe0,
    PXENV_FILE_CLOSE,
    PXENV_FILE_SELECT,
    PXENV_FILE_READ,
    PXENV_GET_FILE_SIZE,
    PXENV_FILE_EXEC,
    PXENV_FILE_API_CHECK,
    PXENV_FILE_EXIT_HOOK,
    PXENV_FILE_CMDLINE,
};

/* Status codes (PXE 2.1 appendix A). */
enum {
    PXENV_EXIT_SUCCESS = 0,
    PXENV_EXIT_FAILURE = 1,
    PXENV_STATUS_SUCCESS = 0x00,
    PXENV_STATUS_FAILURE = 0x01,
    PXENV_STATUS_BAD_FUNC = 0x02,
    PXENV_STATUS_UNSUPPORTED = 0x03,
    PXENV_STATUS_1A_HOOKED = 0x04,
    PXENV_STATUS_OUT_OF_RESOURCES = 0x08,
    PXENV_STATUS_ARP_TIMEOUT = 0x11,
    PXENV_STATUS_UDP_CLOSED = 0x18,
    PXENV_STATUS_UDP_OPEN = 0x19,
    PXENV_STATUS_TFTP_CLOSED = 0x1a,
    PXENV_STATUS_TFTP_OPEN = 0x1b,
    PXENV_STATUS_MCOPY_PROBLEM = 0x20,
    PXENV_STATUS_TFTP_CANNOT_ARP_ADDRESS = 0x30,
    PXENV_STATUS_TFTP_OPEN_TIMEOUT = 0x32,
    PXENV_STATUS_TFTP_UNKNOWN_OPCODE = 0x33,
    PXENV_STATUS_TFTP_READ_TIMEOUT = 0x35,
    PXENV_STATUS_TFTP_ERROR_OPCODE = 0x36,
    PXENV_STATUS_TFTP_CANNOT_OPEN_CONNECTION = 0x38,
    PXENV_STATUS_TFTP_CANNOT_READ_FROM_CONNECTION = 0x39,
    PXENV_STATUS_TFTP_TOO_MANY_PACKAGES = 0x3a,
    PXENV_STATUS_TFTP_FILE_NOT_FOUND = 0x3b,
    PXENV_STATUS_TFTP_ACCESS_VIOLATION = 0x3c,
    PXENV_STATUS_TFTP_NO_MCAST_ADDRESS = 0x3d,
    PXENV_STATUS_TFTP_NO_FILESIZE = 0x3e,
    PXENV_STATUS_TFTP_INVALID_PACKET_SIZE = 0x3f,
};

/* UNDI_ISR functions, in and out. */
enum {
    UNDI_ISR_IN_START = 1,
    UNDI_ISR_IN_PROCESS,
    UNDI_ISR_IN_GET_NEXT,
    UNDI_ISR_OUT_OURS = 0,
    UNDI_ISR_OUT_NOT_OURS,
    UNDI_ISR_OUT_DONE = 0,
    UNDI_ISR_OUT_TRANSMIT = 2,
    UNDI_ISR_OUT_RECEIVE,
};

enum { UNDI_PCI_NIC = 2, UNDI_TX_BLOCKS_MAX = 8 };

/* Protocols of TRANSMIT: with all but the first the stack puts the media header on. */
enum { UNDI_PROTOCOL_UNKNOWN, UNDI_PROTOCOL_IP, UNDI_PROTOCOL_ARP, UNDI_PROTOCOL_RARP };

struct undi_transmit {
    uint16_t status;
    uint8_t protocol, flag; /* flag: 0 to `destination`, 1 broadcast */
    struct far_pointer destination, descriptor;
    uint32_t reserved[2];
} __attribute__((packed));

struct undi_tx_block {
    uint8_t pointer_type, reserved; /* 0: physical address, 1: segment:offset */
    uint16_t length;
    struct far_pointer data;
} __attribute__((packed));

struct undi_tx_descriptor {
    uint16_t length;
    struct far_pointer data;
    uint16_t blocks;
    struct undi_tx_block block[UNDI_TX_BLOCKS_MAX];
} __attribute__((packed));

struct undi_information {
    uint16_t status, base_io, interrupt, mtu, hardware_type, address_length;
    uint8_t current[16], permanent[16];
    uint16_t rom_segment, rx_buffers, tx_buffers;
} __attribute__((packed));

/* Service flags of GET_IFACE_INFO, those of NDIS 2. */
enum {
    UNDI_CAN_BROADCAST = 1 << 0,
    UNDI_CAN_MULTICAST = 1 << 1,
    UNDI_CAN_PROMISCUOUS = 1 << 3,
    UNDI_CAN_RESET = 1 << 10,
    UNDI_CAN_OPEN_CLOSE = 1 << 11,
};

struct undi_interface {
    uint16_t status;
    char type[16];
    uint32_t speed, flags, reserved[4];
} __attribute__((packed));

/* Packet filter of OPEN. */
enum { UNDI_DIRECTED = 1, UNDI_BROADCAST = 2, UNDI_PROMISCUOUS = 4 };

struct undi_open {
    uint16_t status, flags, filter, multicast_count;
    uint8_t multicast[8][16];
} __attribute__((packed));

struct undi_nic_type {
    uint16_t status;
    uint8_t type;
    uint16_t vendor, device;
    uint8_t base, subclass, interface, revision;
    uint16_t busdevfn, subsystem_vendor, subsystem_device;
} __attribute__((packed));

struct undi_isr {
    uint16_t status, function, buffer_length, frame_length, header_length;
    struct far_pointer frame;
    uint8_t protocol, packet_type; /* packet_type: 0 directed, 1 broadcast, 2 multicast */
} __attribute__((packed));

enum { TFTP_NAME_SIZE = 128 };

struct tftp_read_file {
    uint16_t status;
    char name[TFTP_NAME_SIZE];
    uint32_t size, buffer; /* buffer: physical address */
    uint32_t server, gateway, multicast;
    uint16_t client_port, server_port, timeout, reopen_delay;
} __attribute__((packed));

/* Types of GET_CACHED_INFO. */
enum { CACHED_DISCOVER = 1, CACHED_ACK, CACHED_REPLY };

struct pxe_cached_info {
    uint16_t status, type, size;
    struct far_pointer buffer; /* 0:0 asks for a pointer to the stack's own copy */
    uint16_t limit;            /* older programs have no room for it */
} __attribute__((packed));
enum { PXE_CACHED_INFO_SIZE = 10 }; /* without that */

#endif
