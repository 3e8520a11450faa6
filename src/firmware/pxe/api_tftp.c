#include "pxe/api.h"

#include <stddef.h>

const struct pxe_opcode pxe_tftp_opcodes[] = {{0, 0, NULL}};
