/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of Marvell Yukon 2, as far as sky2.c uses them: those of the first port. */
#ifndef SKY2_REGS_H
#define SKY2_REGS_H

/* What a register is written with: its width and number, and the value. */
enum { W8 = 0, W16 = 1 << 14, W32 = 1 << 15, REGISTER = W16 - 1 };

enum {
    B0_CTST = 0x0004,
    B0_POWER_CTRL = 0x0007,
    B0_ISRC = 0x0008,
    B0_IMSK = 0x000c,
    B2_MAC_1 = 0x0100,
    B2_PMD_TYP = 0x0119,
    B2_MAC_CFG = 0x011a,
    B2_CHIP_ID = 0x011b,
    B2_E_0 = 0x011c, /* memory of the board, in 4 KiB */
    B2_Y2_CLK_GATE = 0x011d,
    B2_Y2_CLK_CTRL = 0x0120,
    B2_TST_CTRL1 = 0x0158,
    B2_GP_IO = 0x015c,
    B3_RI_TIMEOUTS = 0x0190, /* twelve bytes */
    B3_RI_CTRL = 0x01a0,
    TXA_CTRL = 0x0210,
    RX_QUEUE = 0x0400,
    TX_QUEUE = 0x0680,
    RX_GMF_CTRL = 0x0c48,
    RX_GMF_FL_MSK = 0x0c4c,
    RX_GMF_FL_THR = 0x0c50,
    RX_GMF_TR_THR = 0x0c54,
    TX_GMF_EA = 0x0d40,
    TX_GMF_CTRL = 0x0d48,
    B28_Y2_ASF_STAT_CMD = 0x0e68, /* and HCU_CCSR */
    STAT_CTRL = 0x0e80,
    STAT_LAST_IDX = 0x0e84,
    STAT_LIST_ADDR_LO = 0x0e88,
    STAT_LIST_ADDR_HI = 0x0e8c,
    STAT_FIFO_WM = 0x0eac,
    STAT_FIFO_ISR_WM = 0x0ead,
    STAT_LEV_TIMER_INI = 0x0eb0,
    STAT_LEV_TIMER_CTRL = 0x0eb8,
    STAT_ISR_TIMER_INI = 0x0ed0,
    STAT_ISR_TIMER_CTRL = 0x0ed8,
    GMAC_CTRL = 0x0f00,
    GPHY_CTRL = 0x0f04,
    GMAC_LINK_CTRL = 0x0f10,
    PCI_DEV_REG1 = 0x1c40, /* configuration space, 0x1c00 */
    PCI_DEV_REG3 = 0x1c80,
    PCI_DEV_REG4 = 0x1c84,
    PCI_DEV_REG5 = 0x1c88,
    PCI_CFG_REG_1 = 0x1c94,
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
/* Of a queue; of its prefetch unit; of its part of the board's memory. */
enum { Q_DONE = 0x24, Q_CSR = 0x34, Q_TEST = 0x38, Q_WM = 0x40 };
enum { PREF_CTRL = 0x50, PREF_LAST = 0x54, PREF_LO = 0x58, PREF_HI = 0x5c, PREF_PUT = 0x64 };
enum { RB_START = 0x400, RB_END = 0x404, RB_WP = 0x408, RB_RP = 0x40c, RB_CTRL = 0x428 };

enum { CS_RST_SET = 1, CS_RST_CLR = 2, CS_MRST_CLR = 8, ASF_DISABLE = 0x1000 };
enum { RESET = 1, RUN = 2, OPERATIONAL = 8, CLEAR_IRQ = 0x10, TIMER_START = 4 };
enum { RB_ENA_STFWD = 0x20 };
enum { BMU_CLR_RESET = 0x16, BMU_OPER_INIT = 0x0d28, BMU_FIFO_ON = 0x80, BMU_NO_CHECKSUM = 0x1000 };
enum { IS_STAT_BMU = 1 << 30 };
enum { CFG_WRITE_ON = 2, CFG_WRITE_OFF = 1 };
enum { PHY1_COMA = 1 << 28, PHY1_POWER_DOWN = 1 << 26 };
enum { SMI_READ = 0x20, SMI_VALID = 0x10, SMI_BUSY = 8 };
enum { GMR_LENGTH = 0x7fff, GMR_OK = 0x100, GMR_ERRORS = 0x187b };
enum { MII_1000_CONTROL = 9, MII_PHY_CTRL = 16, MII_EXT_CTRL = 20, MII_PAGE = 22 };
enum { BMCR_RESET = 0x8000 };

/* Chips as bits: chip ID 0xb3 is bit 0. */
enum { XL = 1, EC_U = 2, EX = 4, EC = 8, FE = 16, FE_PLUS = 32, SUPREME = 64, ULTRA_2 = 128 };
enum { CHIP_ID_FIRST = 0xb3, FAST = FE | FE_PLUS, OLDER_PHY = EC | FE | ULTRA_2 };
enum { POWER_CONTROL = EC_U | EX | FE_PLUS | SUPREME | ULTRA_2 };
enum { NEWER_LISTS = EX | FE_PLUS | SUPREME };

#endif
