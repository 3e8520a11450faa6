/* SPDX-License-Identifier: BSD-2-Clause */
/* NetXtreme-C/E: the channel to the firmware. A request is written to the chip, or when it is
 * longer lies in memory, and a register says that it is there. The answer comes to memory: its
 * length first, and a while later a byte at its end that is not 0. Then another request may come.
 */
#include "bnxt.h"

enum { WINDOW = 128, TRIGGER = 0x100, HEADER = 8, ERROR_ANSWER = 16 };
enum { REQ_TYPE = 0, REQ_COMPLETION = 2, REQ_SEQUENCE = 4, REQ_ANSWER = 8 };
enum { SHORT_MARK = 0x4321, SHORT_SIZE = 6, SHORT_ADDRESS = 8 };
enum { COMMAND_TIME = 400 * MICROSECOND, RESET_TIME = 30 * MILLISECOND };
enum { VALID_TIME = 100 * MICROSECOND, HWRM_DONE = 0x20 };

static uint8_t window[WINDOW], request[REQUEST_MAX], answer[ANSWER_MAX];
static bool busy;

static void valid(void *unused)
{
    uint64_t at = get64(request + REQ_ANSWER);
    unsigned len = get16(answer + 6);
    uint8_t one = 1;
    struct ring *ring;

    (void)unused;
    busy = false;
    dma_write(at + len - 1, &one, 1);
    if (get16(request + REQ_COMPLETION) == NO_ID)
        return;
    ring = bnxt_ring(get16(request + REQ_COMPLETION), COMPLETION);
    if (ring) {
        uint32_t entry[4] = {HWRM_DONE | (uint32_t)get16(request + REQ_SEQUENCE) << 16, 0, 0, 0};

        bnxt_complete(ring, entry);
    } else {
        fault("a request names completion ring %04x, which is none",
              get16(request + REQ_COMPLETION));
    }
}

static uint16_t run(const struct command *command)
{
    uint16_t error;

    memset(answer, 0, sizeof answer);
    if (!command) {
        note("the firmware does not know command %04x", get16(request));
        return HWRM_UNKNOWN;
    }
    error = command->run ? command->run(request, answer) : HWRM_OK;
    if (error)
        note("the firmware refuses command %04x: %u", get16(request), error);
    return error;
}

static void execute(void *unused)
{
    uint16_t type = get16(request + REQ_TYPE), error;
    const struct command *command = bnxt_query(type);

    (void)unused;
    if (!command)
        command = bnxt_resource(type);
    error = run(command);
    if (error)
        memset(answer, 0, sizeof answer);
    put16(answer, error);
    put16(answer + 2, type);
    put16(answer + 4, get16(request + REQ_SEQUENCE));
    put16(answer + 6, error ? ERROR_ANSWER : command->answer);
    /* Its length comes last. */
    dma_write(get64(request + REQ_ANSWER) + HEADER, answer + HEADER, get16(answer + 6) - HEADER);
    dma_write(get64(request + REQ_ANSWER), answer, HEADER);
    after(VALID_TIME, valid, NULL);
}

static bool take(void)
{
    unsigned size = get16(window + SHORT_SIZE);

    memset(request, 0, sizeof request);
    if (get16(window + 2) != SHORT_MARK) {
        memcpy(request, window, WINDOW);
    } else if (size < 16 || size > sizeof request) {
        fault("a request of %u bytes", size);
        return false;
    } else if (!dma_read(get64(window + SHORT_ADDRESS), request, size)) {
        return false;
    }
    if (get64(request + REQ_ANSWER) & 15) {
        fault("an answer is to come to %08x, which is no multiple of 16",
              get32(request + REQ_ANSWER));
        return false;
    }
    return true;
}

void bnxt_channel_write(uint32_t reg, uint32_t value)
{
    if (busy)
        fault("register %03x is written before the answer to the last request is there", reg);
    else if (reg < WINDOW)
        memcpy(window + reg, &value, 4);
    else if (reg != TRIGGER || value != 1)
        fault("register %03x: write of %08x", reg, value);
    else if (take()) {
        busy = true;
        after(get16(request) == FUNC_RESET ? RESET_TIME : COMMAND_TIME, execute, NULL);
    }
}

uint32_t bnxt_channel_read(uint32_t reg)
{
    uint32_t value = busy;

    if (reg < WINDOW)
        memcpy(&value, window + reg, 4);
    return value;
}

void bnxt_channel_reset(void)
{
    memset(window, 0, sizeof window);
    busy = false;
}
