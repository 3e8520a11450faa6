/* SPDX-License-Identifier: BSD-2-Clause */
/* In place of PXELINUX: where its configuration file is looked for. */
#ifndef LOADER_PXELINUX_H
#define LOADER_PXELINUX_H

#include "loader/boot.h"

/* What PXELINUX would do, when `uri` names it ("dir/pxelinux.0"), or the folder of its
 * configuration files ("dir/pxelinux.cfg/"), or DHCP option 209 the file itself: that file is
 * looked for by UUID, hardware address and IP address, and carried out. Options 209 and 210 are as
 * in RFC 5071. Returns as file_run(), or `error` when `uri` names something else. */
int pxelinux_search(struct boot *boot, const struct uri *uri, int error);

#endif
