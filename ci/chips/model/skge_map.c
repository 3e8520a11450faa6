/* SPDX-License-Identifier: BSD-2-Clause */
/* SysKonnect Genesis and Marvell Yukon: which registers there are. */
#include "skge.h"

enum { GENESIS = 0x40, YUKON = 0x80, ACCESS = 0x0f };
enum { PLAIN = SKGE_PLAIN, FIXED = SKGE_FIXED, PAIRS = SKGE_PAIRS, SPECIAL = SKGE_SPECIAL };

/* Those that only one of them has say which. */
static const struct {
    uint16_t first, last;
    uint8_t access;
} map[] = {
    {RAP, RAP + 3, PLAIN},
    {CTST, CTST + 1, SPECIAL},
    {0x006, 0x007, PLAIN},
    {ISRC, ISRC + 3, FIXED},
    {IMSK, IMSK + 3, SPECIAL},
    {0x010, 0x013, FIXED},
    {0x014, 0x017, PLAIN},
    {SP_ISRC, SP_ISRC + 3, FIXED},
    {R1_CSR, R1_CSR + 3, SPECIAL},
    {XS1_CSR, XS1_CSR + 3, SPECIAL},
    {XA1_CSR, XA1_CSR + 3, SPECIAL},
    {MAC_1, 0x117, PLAIN},
    {CONNECTOR, 0x11f, FIXED},
    {FLASH_ADDRESS, FLASH_ADDRESS + 3, SPECIAL},
    {0x124, 0x129, PLAIN},
    {0x130, 0x139, PLAIN},
    {0x140, 0x153, PLAIN},
    {TEST_CTRL1, TEST_CTRL1 + 1, PAIRS},
    {GPIO, GPIO + 3, SPECIAL},
    {0x160, 0x16f, PLAIN},
    {0x170, 0x17a, PLAIN},
    {0x180, 0x19c, PLAIN},
    {RI_CTRL, RI_CTRL + 1, PAIRS},
    {0x1b0, 0x1b7, PLAIN | GENESIS},
    {MA_CTRL, MA_CTRL + 1, PAIRS | GENESIS},
    {0x1ba, 0x1bb, PLAIN | GENESIS},
    {0x1c0, 0x1cb, PLAIN | GENESIS},
    {0x1d0, 0x1ef, PLAIN | GENESIS},
    {PA_CTRL, PA_CTRL + 1, PAIRS | GENESIS},
    {0x1f2, 0x1f3, PLAIN | GENESIS},
    {0x200, 0x20f, PLAIN},
    {TXA_CTRL, TXA_CTRL, PAIRS},
    {0x211, 0x212, PLAIN},
    {CONFIG_COPY, CONFIG_COPY + 0x7f, SPECIAL},
    {Q_R1, Q_R1 + 0x47, SPECIAL},
    {Q_XS1, Q_XS1 + 0x47, SPECIAL},
    {Q_XA1, Q_XA1 + 0x47, SPECIAL},
    {RB_R1, RB_R1 + 0x2b, SPECIAL},
    {RB_XS1, RB_XS1 + 0x2b, SPECIAL},
    {RB_XA1, RB_XA1 + 0x2b, SPECIAL},
    {0xc00, 0xc17, PLAIN | GENESIS},
    {RX_MFF_CTRL1, RX_MFF_CTRL1 + 1, PAIRS | GENESIS},
    {0xc1a, 0xc1b, PLAIN | GENESIS},
    {RX_MFF_CTRL2, RX_MFF_CTRL2, SPECIAL | GENESIS},
    {0xc1d, 0xc1e, PLAIN | GENESIS},
    {0xc20, 0xc39, PLAIN | GENESIS},
    {0xc3c, 0xc3c, PLAIN},
    {0xc40, 0xc47, PLAIN | YUKON},
    {RX_GMF_CTRL, RX_GMF_CTRL + 3, SPECIAL | YUKON},
    {0xc4c, 0xc7b, PLAIN | YUKON},
    {0xd00, 0xd17, PLAIN | GENESIS},
    {TX_MFF_CTRL1, TX_MFF_CTRL1 + 1, SPECIAL | GENESIS},
    {0xd1a, 0xd1a, PLAIN | GENESIS},
    {TX_MFF_CTRL2, TX_MFF_CTRL2, SPECIAL | GENESIS},
    {0xd1d, 0xd1e, PLAIN | GENESIS},
    {0xd20, 0xd29, PLAIN | GENESIS},
    {0xd40, 0xd47, PLAIN | YUKON},
    {TX_GMF_CTRL, TX_GMF_CTRL + 3, SPECIAL | YUKON},
    {0xd60, 0xd7b, PLAIN | YUKON},
    {0xe00, 0xe0a, PLAIN},
    {0xe14, 0xe1a, PLAIN | YUKON},
    {GMAC_CTRL, GPHY_CTRL + 3, SPECIAL | YUKON},
    {GMAC_ISRC, GMAC_ISRC + 3, FIXED | YUKON},
    {GMAC_IMSK, GMAC_IMSK, SPECIAL},
    {LINK_CTRL, LINK_CTRL + 1, PAIRS | YUKON},
    {0xf20, 0xf47, PLAIN | YUKON},
    {0x1000, 0x17ff, PLAIN | YUKON},
    {XMAC, XMAC_END - 1, SPECIAL | GENESIS},
    {GMAC, GMAC + 0x8b, SPECIAL | YUKON},
    {GMAC + 0x100, GMAC_END - 1, SPECIAL | YUKON},
};

enum skge_access skge_access(unsigned reg)
{
    uint8_t other = skge.mac == &skge_xmac ? YUKON : GENESIS;

    for (unsigned i = 0; i < sizeof map / sizeof *map; i++) {
        if (reg >= map[i].first && reg <= map[i].last && !(map[i].access & other))
            return map[i].access & ACCESS;
    }
    return SKGE_NONE;
}
