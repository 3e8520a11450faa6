/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of SysKonnect Genesis and Marvell Yukon, as far as skge.c uses them: those of the first
 * port. XM_ are Genesis's MAC, the XMAC II, whose registers lie twice as far apart as its datasheet
 * says; GM_ are Yukon's. */
#ifndef SKGE_REGS_H
#define SKGE_REGS_H

enum {
    B0_CTST = 0x0004,
    B0_POWER_CTRL = 0x0007,
    B0_ISRC = 0x0008,
    B0_IMSK = 0x000c,
    B2_MAC_1 = 0x0100,
    B2_PMD_TYP = 0x0119,
    B2_MAC_CFG = 0x011a,
    B2_CHIP_ID = 0x011b,
    B2_E_0 = 0x011c, /* memory of the board */
    B2_E_1 = 0x011d, /* kind of PHY */
    B2_TST_CTRL1 = 0x0158,
    B2_GP_IO = 0x015c,
    B3_RI_TIMEOUTS = 0x0190, /* twelve bytes */
    B3_RI_CTRL = 0x01a0,
    B3_MA_TOINI = 0x01b0, /* four bytes */
    B3_MA_TO_CTRL = 0x01b8,
    B3_PA_TOINI = 0x01d0, /* four words, 4 bytes apart */
    B3_PA_CTRL = 0x01f0,
    TXA_CTRL = 0x0210,
    RX_QUEUE = 0x0400, /* Q_R1 */
    TX_QUEUE = 0x0680, /* Q_XA1 */
    RX_MFF_CTRL1 = 0x0c18,
    RX_MFF_CTRL2 = 0x0c1c,
    RX_GMF_CTRL = 0x0c48,
    TX_MFF_CTRL1 = 0x0d18,
    TX_MFF_CTRL2 = 0x0d1c,
    TX_GMF_CTRL = 0x0d48,
    GMAC_CTRL = 0x0f00,
    GPHY_CTRL = 0x0f04,
    GMAC_LINK_CTRL = 0x0f10,
    XM_MMU_CMD = 0x2000,
    XM_TX_CMD = 0x2040,
    XM_RX_CMD = 0x2060,
    XM_PHY_ADDR = 0x2068,
    XM_PHY_DATA = 0x2070,
    XM_IMSK = 0x2088,
    XM_HW_CFG = 0x2098,
    XM_TX_THR = 0x20c8,
    XM_SA = 0x2210,
    XM_HSM = 0x2220, /* four words */
    XM_RX_HI_WM = 0x2234,
    XM_MODE = 0x2248,
    GM_GP_CTRL = 0x2804,
    GM_TX_CTRL = 0x2808,
    GM_RX_CTRL = 0x280c,
    GM_TX_FLOW_CTRL = 0x2810,
    GM_TX_PARAM = 0x2814,
    GM_SERIAL_MODE = 0x2818,
    GM_SRC_ADDR_1L = 0x281c,
    GM_SRC_ADDR_2L = 0x2828,
    GM_MC_ADDR = 0x2834, /* four words */
    GM_SMI_CTRL = 0x2880,
    GM_SMI_DATA = 0x2884,
};
/* Of a queue, and of its RAM buffer. */
enum { QUEUE_RAM = 0x0400 }; /* from a queue to its RAM buffer */
enum { Q_DA_L = 0x20, Q_DA_H = 0x24, Q_CSR = 0x34, Q_F = 0x38 };
enum { RB_START = 0, RB_END = 4, RB_WP = 8, RB_RP = 12, RB_CTRL = 0x28 };
enum { CSR_CLR_RESET = 0x2aaa00, CSR_STOP = 0x20, CSR_START = 0x10, CSR_IRQ_CL_F = 2 };
enum { RB_RST_CLR = 2, RB_ENA_OP_MD = 8, RB_ENA_STFWD = 0x20 };
enum { POWER_MAIN = 0xa6 /* not the standby supply */ };
enum { CS_RST_SET = 1, CS_RST_CLR = 2, CS_MRST_CLR = 8, IS_R1_F = 1 << 16 };
enum { TST_CFG_WRITE_ON = 2, TST_CFG_WRITE_OFF = 1, PCI_DEV_REG1 = 0x40, PCI_PHY_COMA = 1 << 27 };
enum { GENESIS = 0x0a, YUKON_LITE = 0xb1, LITE_A3 = 0x70 };
enum { GP_DIR_0 = 0x10001, GP_DIR_9 = 1 << 25, GP_IO_9 = 1 << 9 };
enum { GPC_COPPER = 0x0bfde000, GPC_FIBER = 0x0b7de000, GMC_RUN = 6 /* no pause */ };
enum { PHY_BCOM = 1, BCOM_A1 = 0x6041, BCOM_C0 = 0x6044 };
enum { MMU_PHY_READY = 0x1000, MMU_PHY_BUSY = 0x800, SMI_READ = 0x20, SMI_VALID = 0x10 };
enum { MII_1000_CONTROL = 9, MII_EXTRA = 20, BMCR_RESET = 0x8000 };

#endif
