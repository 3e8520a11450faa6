/* SPDX-License-Identifier: BSD-2-Clause */
/* What PXE 2.1 (Intel, 1999) defines, under its own names: opcodes, statuses, structures and
 * parameter blocks. Both sides of the PXE API use them: the services we offer and the stack we may
 * be started from. A SEGOFF16 of the specification is a `struct far_pointer`. IP addresses and UDP
 * ports are in network byte order. */
#ifndef PXE_SPEC_H
#define PXE_SPEC_H

#include <stddef.h>
#include <stdint.h>

#include "lib/far_pointer.h"

/* Flat pointer for a far one. An offset that runs past its segment's end goes on behind it. */
static inline void *pxe_pointer(struct far_pointer p)
{
    return (void *)(uintptr_t)(p.segment * 16u + p.offset);
}

/* Opcodes (section 3); those from E0 on are gPXE's "PXE extensions". */
enum {
    PXENV_START_UNDI = 0x00,
    PXENV_UNDI_STARTUP,
    PXENV_UNDI_CLEANUP,
    PXENV_UNDI_INITIALIZE,
    PXENV_UNDI_RESET_ADAPTER,
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
    PXENV_UNDI_GET_MCAST_ADDRESS = 0x11,
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
    PXENV_START_BASE = 0x75,
    PXENV_STOP_BASE,
    PXENV_FILE_OPEN = 0xe0,
    PXENV_FILE_CLOSE,
    PXENV_FILE_SELECT,
    PXENV_FILE_READ,
    PXENV_GET_FILE_SIZE,
    PXENV_FILE_EXEC,
    PXENV_FILE_API_CHECK,
    PXENV_FILE_CMDLINE = 0xe8,
};

/* What a call returns in AX, and the status in the first word of its block (appendix A). */
enum {
    PXENV_EXIT_SUCCESS = 0,
    PXENV_EXIT_FAILURE = 1,
    PXENV_STATUS_SUCCESS = 0x00,
    PXENV_STATUS_FAILURE = 0x01,
    PXENV_STATUS_UNSUPPORTED = 0x03,
    PXENV_STATUS_KEEP_UNDI = 0x04,
    PXENV_STATUS_OUT_OF_RESOURCES = 0x06,
    PXENV_STATUS_ARP_TIMEOUT = 0x11,
    PXENV_STATUS_UDP_CLOSED = 0x18,
    PXENV_STATUS_UDP_OPEN = 0x19,
    PXENV_STATUS_TFTP_CLOSED = 0x1a,
    PXENV_STATUS_MCOPY_PROBLEM = 0x20,
    PXENV_STATUS_TFTP_CANNOT_ARP_ADDRESS = 0x30,
    PXENV_STATUS_TFTP_OPEN_TIMEOUT = 0x32,
    PXENV_STATUS_TFTP_READ_TIMEOUT = 0x35,
    PXENV_STATUS_TFTP_ERROR_OPCODE = 0x36,
    PXENV_STATUS_TFTP_FILE_NOT_FOUND = 0x3b,
    PXENV_STATUS_TFTP_ACCESS_VIOLATION = 0x3c,
    PXENV_STATUS_TFTP_NO_FILESIZE = 0x3e,
};

struct s_SEGDESC {
    uint16_t segment_address;
    uint32_t Physical_address;
    uint16_t Seg_Size;
} __attribute__((packed));

/* !PXE. */
struct s_PXE {
    uint8_t Signature[4];
    uint8_t StructLength, StructCksum, StructRev, reserved1;
    struct far_pointer UNDIROMID, BaseROMID, EntryPointSP, EntryPointESP, StatusCallout;
    uint8_t reserved2, SegDescCnt;
    uint16_t FirstSelector;
    struct s_SEGDESC Stack, UNDIData, UNDICode, UNDICodeWrite, BC_Data, BC_Code, BC_CodeWrite;
} __attribute__((packed));
_Static_assert(sizeof(struct s_PXE) == 0x58, "!PXE");

/* PXENV+; !PXE in its place since version 2.1. */
struct s_PXENV {
    uint8_t Signature[6];
    uint16_t Version;
    uint8_t Length, Checksum;
    struct far_pointer RMEntry;
    uint32_t PMOffset;
    uint16_t PMSelector;
    uint16_t StackSeg, StackSize, BC_CodeSeg, BC_CodeSize, BC_DataSeg, BC_DataSize;
    uint16_t UNDIDataSeg, UNDIDataSize, UNDICodeSeg, UNDICodeSize;
    struct far_pointer PXEPtr;
} __attribute__((packed));
_Static_assert(sizeof(struct s_PXENV) == 0x2c, "PXENV+");

/* In a ROM, at the offset that its word 16h has. */
struct s_UNDI_ROM_ID {
    uint8_t Signature[4];
    uint8_t StructLength, StructCksum, StructRev, UNDIRev[3];
    uint16_t UNDILoader, StackSize, DataSize, CodeSize;
    uint8_t BusType[4];
} __attribute__((packed));
_Static_assert(sizeof(struct s_UNDI_ROM_ID) == 0x16, "UNDI ROM ID");

struct s_UNDI_LOADER {
    uint16_t Status;
    uint16_t AX, BX, DX, DI, ES; /* AX: bus and devfn, as a ROM's initialisation gets it */
    uint16_t UNDI_DS, UNDI_CS;
    struct far_pointer PXEptr, PXENVptr; /* the answer */
} __attribute__((packed));

/* Section 3.1: preboot. */
enum {
    PXENV_PACKET_TYPE_DHCP_DISCOVER = 1,
    PXENV_PACKET_TYPE_DHCP_ACK,
    PXENV_PACKET_TYPE_CACHED_REPLY,
};

struct s_PXENV_GET_CACHED_INFO {
    uint16_t Status, PacketType, BufferSize;
    struct far_pointer Buffer; /* 0:0 asks for a pointer to the stack's own copy */
    uint16_t BufferLimit;      /* older programs have no room for it */
} __attribute__((packed));

/* Section 3.2: TFTP. */
struct s_PXENV_TFTP_OPEN {
    uint16_t Status;
    uint32_t ServerIPAddress, GatewayIPAddress;
    char FileName[128];
    uint16_t TFTPPort, PacketSize;
} __attribute__((packed));

struct s_PXENV_TFTP_READ {
    uint16_t Status, PacketNumber, BufferSize;
    struct far_pointer Buffer;
} __attribute__((packed));

/* RESTART_TFTP has the same. */
struct s_PXENV_TFTP_READ_FILE {
    uint16_t Status;
    char FileName[128];
    uint32_t BufferSize, Buffer; /* Buffer: physical address */
    uint32_t ServerIPAddress, GatewayIPAddress, McastIPAddress;
    uint16_t TFTPClntPort, TFTPSrvPort, TFTPOpenTimeOut, TFTPReopenDelay;
} __attribute__((packed));

struct s_PXENV_TFTP_GET_FSIZE {
    uint16_t Status;
    uint32_t ServerIPAddress, GatewayIPAddress;
    char FileName[128];
    uint32_t FileSize;
} __attribute__((packed));

/* Section 3.3: UDP. */
struct s_PXENV_UDP_OPEN {
    uint16_t status;
    uint32_t src_ip;
} __attribute__((packed));

struct s_PXENV_UDP_READ {
    uint16_t status;
    uint32_t src_ip, dest_ip; /* dest_ip and d_port in: what to wait for, 0 = any */
    uint16_t s_port, d_port, buffer_size;
    struct far_pointer buffer;
} __attribute__((packed));

struct s_PXENV_UDP_WRITE {
    uint16_t status;
    uint32_t ip, gw;
    uint16_t src_port, dst_port, buffer_size;
    struct far_pointer buffer;
} __attribute__((packed));

/* Section 3.4: UNDI. */
enum { MAC_ADDR_LEN = 16, MAXNUM_MCADDR = 8, MAX_DATA_BLKS = 8, ETHER_TYPE = 1, PCI_NIC = 2 };

struct s_PXENV_UNDI_MCAST_ADDRESS {
    uint16_t MCastAddrCount;
    uint8_t McastAddr[MAXNUM_MCADDR][MAC_ADDR_LEN];
} __attribute__((packed));

/* RESET_ADAPTER has the same. */
struct s_PXENV_UNDI_SET_MCAST_ADDRESS {
    uint16_t Status;
    struct s_PXENV_UNDI_MCAST_ADDRESS R_Mcast_Buf;
} __attribute__((packed));

/* Packet filter. */
enum { FLTR_DIRECTED = 1, FLTR_BRDCST = 2, FLTR_PRMSCS = 4 };

struct s_PXENV_UNDI_OPEN {
    uint16_t Status, OpenFlag, PktFilter;
    struct s_PXENV_UNDI_MCAST_ADDRESS R_Mcast_Buf;
} __attribute__((packed));

/* Protocols of TRANSMIT: with all but the first the stack puts the media header on. */
enum { P_UNKNOWN, P_IP, P_ARP, P_RARP };
enum { XMT_DESTADDR, XMT_BROADCAST };

struct s_PXENV_UNDI_TRANSMIT {
    uint16_t Status;
    uint8_t Protocol, XmitFlag;
    struct far_pointer DestAddr, TBD; /* TBD: to a struct s_PXENV_UNDI_TBD */
    uint32_t Reserved[2];
} __attribute__((packed));

struct s_PXENV_UNDI_TBD {
    uint16_t ImmedLength;
    struct far_pointer Xmit;
    uint16_t DataBlkCount;
    struct DataBlk {
        uint8_t TDPtrType, TDRsvdByte; /* TDPtrType 0: physical address, 1: segment:offset */
        uint16_t TDDataLen;
        struct far_pointer TDDataPtr;
    } __attribute__((packed)) DataBlock[MAX_DATA_BLKS];
} __attribute__((packed));

struct s_PXENV_UNDI_SET_STATION_ADDRESS {
    uint16_t Status;
    uint8_t StationAddress[MAC_ADDR_LEN];
} __attribute__((packed));

struct s_PXENV_UNDI_GET_INFORMATION {
    uint16_t Status, BaseIo, IntNumber, MaxTranUnit, HwType, HwAddrLen;
    uint8_t CurrentNodeAddress[MAC_ADDR_LEN], PermNodeAddress[MAC_ADDR_LEN];
    uint16_t ROMAddress, RxBufCt, TxBufCt;
} __attribute__((packed));

struct s_PXENV_UNDI_GET_STATISTICS {
    uint16_t Status;
    uint32_t XmtGoodFrames, RcvGoodFrames, RcvCRCErrors, RcvResourceErrors;
} __attribute__((packed));

struct s_PXENV_UNDI_GET_MCAST_ADDRESS {
    uint16_t Status;
    uint32_t InetAddr;
    uint8_t MediaAddr[MAC_ADDR_LEN];
} __attribute__((packed));

struct s_PXENV_UNDI_GET_NIC_TYPE {
    uint16_t Status;
    uint8_t NicType; /* PCI_NIC: info.pci, the longest of several */
    union {
        struct {
            uint16_t Vendor_ID, Dev_ID;
            uint8_t Base_Class, Sub_Class, Prog_Intf, Rev;
            uint16_t BusDevFunc, SubVendor_ID, SubDevice_ID;
        } __attribute__((packed)) pci;
    } info;
} __attribute__((packed));

/* ServiceFlags, those of NDIS 2. */
enum {
    UNDI_CAN_BROADCAST = 1 << 0,
    UNDI_CAN_MULTICAST = 1 << 1,
    UNDI_CAN_PROMISCUOUS = 1 << 3,
    UNDI_CAN_RESET = 1 << 10,
    UNDI_CAN_OPEN_CLOSE = 1 << 11,
};

struct s_PXENV_UNDI_GET_IFACE_INFO {
    uint16_t Status;
    char IfaceType[16];
    uint32_t LinkSpeed, ServiceFlags, Reserved[4];
} __attribute__((packed));

/* FuncFlag of UNDI_ISR in; out for START; out for PROCESS and GET_NEXT; then PktType. */
enum {
    PXENV_UNDI_ISR_IN_START = 1,
    PXENV_UNDI_ISR_IN_PROCESS,
    PXENV_UNDI_ISR_IN_GET_NEXT,
    PXENV_UNDI_ISR_OUT_OURS = 0,
    PXENV_UNDI_ISR_OUT_NOT_OURS,
    PXENV_UNDI_ISR_OUT_DONE = 0,
    PXENV_UNDI_ISR_OUT_TRANSMIT = 2,
    PXENV_UNDI_ISR_OUT_RECEIVE,
};
enum { P_DIRECTED, P_BROADCAST, P_MULTICAST };

struct s_PXENV_UNDI_ISR {
    uint16_t Status, FuncFlag, BufferLength, FrameLength, FrameHeaderLength;
    struct far_pointer Frame;
    uint8_t ProtType, PktType;
} __attribute__((packed));

/* gPXE's extensions. */
struct s_PXENV_FILE_OPEN {
    uint16_t Status, FileHandle;
    struct far_pointer FileName;
    uint32_t Reserved;
} __attribute__((packed));

struct s_PXENV_FILE_CLOSE {
    uint16_t Status, FileHandle;
} __attribute__((packed));

struct s_PXENV_FILE_SELECT {
    uint16_t Status, FileHandle, Ready;
} __attribute__((packed));

struct s_PXENV_FILE_READ {
    uint16_t Status, FileHandle, BufferSize;
    struct far_pointer Buffer;
} __attribute__((packed));

struct s_PXENV_GET_FILE_SIZE {
    uint16_t Status, FileHandle;
    uint32_t FileSize;
} __attribute__((packed));

struct s_PXENV_FILE_EXEC {
    uint16_t Status;
    struct far_pointer Command;
} __attribute__((packed));

struct s_PXENV_FILE_API_CHECK {
    uint16_t Status, Size;
    uint32_t Magic, Provider, APIMask, Flags;
} __attribute__((packed));

struct s_PXENV_FILE_CMDLINE {
    uint16_t Status, BufferSize;
    struct far_pointer Buffer;
} __attribute__((packed));

#endif
