#include "pxe/loader.h"

#include "platform/nic.h"
#include "pxe/api.h"

struct undi_loader {
    uint16_t status, ax, bx, dx, di, es; /* ax: bus and devfn, as a ROM's initialisation gets it */
    uint16_t undi_ds, undi_cs;
    struct far_pointer pxe, pxenv; /* the answer */
} __attribute__((packed));

static struct undi_loader *parameters(const struct boot_info *info)
{
    return pxe_pointer(*(const struct far_pointer *)&info->stack[2]);
}

uint32_t undi_loader_top(const struct boot_info *info)
{
    return info->eax == UNDI_LOADER_ENTRY ? parameters(info)->undi_cs * 16u + UNDI_LOADER_MEMORY
                                          : 0;
}

int undi_load(const struct boot_info *info)
{
    static struct dhcp_lease nobody;
    struct undi_loader *p = parameters(info);

    p->status = PXENV_STATUS_FAILURE;
    if (nic_find(info->identity, p->ax) || nic_probe())
        return PXENV_EXIT_FAILURE;
    pxe_install(&nobody);
    p->pxe = pxe_structure();
    p->pxenv = pxenv_structure();
    rm_stay();
    p->status = PXENV_STATUS_SUCCESS;
    return PXENV_EXIT_SUCCESS;
}
