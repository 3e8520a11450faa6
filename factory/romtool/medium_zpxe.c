/* Network bootstrap programs (PXE 2.1 section 2.6): nothing but the image, for a PXE stack to load.
 */
#include "medium.h"

static bool complete_zpxe(struct buffer *image, size_t prefix_words,
                          const struct identity_spec *spec, struct problem *problem)
{
    (void)problem;
    identity_seal(image->data, image->length, spec->medium, prefix_words);
    return true;
}

const struct medium medium_zpxe = {.name = "zpxe", .complete = complete_zpxe};
