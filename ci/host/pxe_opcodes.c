/* The end of the table of services; the test, which is linked first, has its start. */
#include "pxe_machine.h"

PXE_OPCODES_LABEL("_opcodes_end");
