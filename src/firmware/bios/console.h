/* The console: INT 10h and INT 16h. Output is print() of core/print.h, keys are cancel_requested()
 * of net/net.h and these. */
#ifndef BIOS_CONSOLE_H
#define BIOS_CONSOLE_H

#include <stdbool.h>

/* Next key as ASCII, 0 when none waits or it has no ASCII code. */
char console_key(void);

/* A Shift key is held. */
bool console_shift_held(void);

#endif
