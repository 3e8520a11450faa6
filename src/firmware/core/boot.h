/* Boot over the opened network card: DHCP, TFTP, the boot file. */
#ifndef CORE_BOOT_H
#define CORE_BOOT_H

#include "image/image.h"

/* Returns only when that failed, after saying why on the console. `memory`: RAM free for boot
 * files. */
void boot_from_network(const struct memory_map *memory);

#endif
