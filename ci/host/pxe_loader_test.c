/* SPDX-License-Identifier: BSD-2-Clause */
/* The UNDI loader of a ROM. */
#include "pxe/loader.h"

#include "lib/errors.h"
#include "pxe_machine.h"

enum { PARAMETERS = 0x30000, TOP = RESIDENT_END, CODE_AT = TOP - UNDI_LOADER_MEMORY };

static struct boot_info info;
static struct s_UNDI_LOADER *parameters;

static void start(const char *name)
{
    machine_start(name);
    parameters = at(PARAMETERS);
    *parameters = (struct s_UNDI_LOADER){.Status = 0xffff, .AX = 0x18, .UNDI_CS = CODE_AT / 16};
    memset(&info, 0, sizeof(info));
    memcpy(&info.eax, "UNDI", 4);
    *(struct far_pointer *)&info.stack[2] = far_to(PARAMETERS);
}

TEST(top)
{
    start("where the 16-bit part goes");
    CHECK_EQUAL(undi_loader_top(&info), TOP);
    info.eax ^= 0x80;
    CHECK_EQUAL(undi_loader_top(&info), 0); /* entered in another way */
}

TEST(load)
{
    struct s_PXENV_UNDI_GET_INFORMATION information;

    for (unsigned before = 0; before < 2; before++) {
        uint16_t kb = CODE_AT / 1024;
        struct s_PXE *pxe;

        start("load");
        if (before)
            *base_kb() = kb;
        CHECK_EQUAL(undi_load(&info), PXENV_EXIT_SUCCESS);
        CHECK_EQUAL(machine.busdevfn, 0x18);
        CHECK_EQUAL(machine.stays, 1);
        CHECK_EQUAL(machine.opens, 0); /* UNDI is not started yet */
        CHECK_EQUAL(parameters->Status, 0);
        pxe = pxe_pointer(parameters->PXEptr);
        CHECK_BYTES(pxe, "!PXE", 4);
        CHECK_BYTES(pxe_pointer(parameters->PXENVptr), "PXENV+", 6);
        CHECK(pxe->Stack.Physical_address >= CODE_AT);
        CHECK_EQUAL(pxe->Stack.Physical_address + pxe->Stack.Seg_Size, TOP);
        CHECK(!pxe_is_free(at(TOP - 1), 2));
        CHECK(pxe_is_free(at(TOP), 2)); /* a caller's blocks may lie above us */
        CHECK(*base_kb() * 1024u <= pxe->Stack.Physical_address);
        CHECK(!before || *base_kb() == kb);
        *base_kb() = kb;
        CHECK_EQUAL(call(PXENV_UNDI_GET_INFORMATION, &information, sizeof(information)), 0);
        CHECK_EQUAL(information.HwAddrLen, 6);
        CHECK_EQUAL(call(PXENV_STOP_UNDI, &information, 2), 0);
        CHECK_EQUAL(*base_kb(), kb); /* the caller's */
        CHECK_EQUAL(*vector(0x18), 0xf0000018);
    }
    for (unsigned i = 0; i < 2; i++) {
        start(i ? "a card that does not answer" : "no card there");
        machine.found = i ? 0 : E_NO_NIC;
        machine.probed = E_NO_NIC;
        CHECK_EQUAL(undi_load(&info), PXENV_EXIT_FAILURE);
        CHECK_EQUAL(parameters->Status, PXENV_STATUS_FAILURE);
        CHECK_EQUAL(*base_kb(), BIOS_KB);
        CHECK(!program_runs);
    }
}
