/* SPDX-License-Identifier: BSD-2-Clause */
#include "pxe/loader.h"

#include "platform/nic.h"
#include "pxe/api.h"
#include "pxe/spec.h"

/* Their far pointer is on the stack above the return address, which is one, too. */
static struct s_UNDI_LOADER *parameters(const struct boot_info *info)
{
    return pxe_pointer(*(const struct far_pointer *)&info->stack[2]);
}

uint32_t undi_loader_top(const struct boot_info *info)
{
    return info->eax == UNDI_LOADER_ENTRY ? parameters(info)->UNDI_CS * 16u + UNDI_LOADER_MEMORY
                                          : 0;
}

int undi_load(const struct boot_info *info)
{
    static struct dhcp_lease nobody;
    struct s_UNDI_LOADER *p = parameters(info);

    p->Status = PXENV_STATUS_FAILURE;
    if (nic_find(info->identity, p->AX) || nic_probe())
        return PXENV_EXIT_FAILURE;
    pxe_install(&nobody);
    p->PXEptr = pxe_structure();
    p->PXENVptr = pxenv_structure();
    rm_stay();
    p->Status = PXENV_STATUS_SUCCESS;
    return PXENV_EXIT_SUCCESS;
}
