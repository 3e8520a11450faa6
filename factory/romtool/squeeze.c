#include "squeeze.h"

#include <lzma.h>

#include "filter.h"

/* A range coder's first byte and its code. */
enum { STREAM_MIN = 5 };

static uint32_t dictionary_size(size_t length)
{
    return length < LZMA_DICT_SIZE_MIN ? LZMA_DICT_SIZE_MIN : (uint32_t)length;
}

/* What encoder and decoder must agree on; boot/unpack.inc knows nothing else. */
static lzma_options_lzma stream_options(size_t length)
{
    return (lzma_options_lzma){.dict_size = dictionary_size(length), .lc = 3, .lp = 0, .pb = 0};
}

/* Older liblzma has no LZMA1EXT: its streams then end with a marker, which readers ignore. */
static lzma_vli stream_kind(lzma_options_lzma *options, size_t length, bool marker_allowed)
{
#ifdef LZMA_FILTER_LZMA1EXT
    options->ext_flags = marker_allowed ? LZMA_LZMA1EXT_ALLOW_EOPM : 0;
    lzma_set_ext_size((*options), length);
    return LZMA_FILTER_LZMA1EXT;
#else
    (void)options, (void)length, (void)marker_allowed;
    return LZMA_FILTER_LZMA1;
#endif
}

static bool encode(struct span filtered, lzma_match_finder match_finder, uint32_t nice_len,
                   struct buffer *packed)
{
    lzma_options_lzma options = stream_options(filtered.length);
    lzma_filter filters[] = {{stream_kind(&options, filtered.length, false), &options},
                             {LZMA_VLI_UNKNOWN, NULL}};
    size_t used = 0;

    options.mode = LZMA_MODE_NORMAL;
    options.mf = match_finder;
    options.nice_len = nice_len;
    options.depth = 1000;
    /* Raw LZMA1 stores nothing uncompressed: what does not compress grows. */
    buffer_resize(packed, 2 * filtered.length + 64);
    if (lzma_raw_buffer_encode(filters, NULL, filtered.data, filtered.length, packed->data, &used,
                               packed->length) != LZMA_OK)
        return false;
    buffer_resize(packed, used);
    return true;
}

/* Tries the ways to look for matches; which is best depends on the bytes. */
static bool find_best(struct span filtered, struct buffer *best)
{
    static const struct {
        uint8_t match_finder; /* an lzma_match_finder */
        uint16_t nice_len;
    } ways[] = {
        {LZMA_MF_BT4, 273},
        {LZMA_MF_BT3, 64},
        {LZMA_MF_BT2, 32},
        {LZMA_MF_BT2, 16},
    };

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct buffer candidate = {NULL, 0};

        if (!encode(filtered, (lzma_match_finder)ways[i].match_finder, ways[i].nice_len,
                    &candidate)) {
            buffer_free(&candidate);
            return false;
        }
        if (!best->data || candidate.length < best->length) {
            struct buffer loser = *best;

            *best = candidate;
            candidate = loser;
        }
        buffer_free(&candidate);
    }
    return true;
}

bool squeeze(struct span plain, struct buffer *packed, struct problem *problem)
{
    struct buffer filtered = {NULL, 0};
    struct buffer check = {NULL, 0};
    bool good;

    if (plain.length == 0 || plain.length > UNPACKED_LIMIT)
        return problem_at(problem, 0, NULL, "payload of %zu bytes cannot be packed", plain.length);
    buffer_resize(&filtered, plain.length);
    memcpy(filtered.data, plain.data, plain.length);
    filter_apply(filtered.data, filtered.length);
    good = find_best(buffer_span(&filtered), packed);
    buffer_free(&filtered);
    if (!good)
        return problem_at(problem, 0, NULL, "the LZMA encoder failed");
    good = unsqueeze(buffer_span(packed), plain.length, &check, problem) &&
           memcmp(check.data, plain.data, plain.length) == 0;
    buffer_free(&check);
    return good || problem_at(problem, 0, NULL, "the packed payload does not unpack to itself");
}

static bool decode(struct span packed, size_t length, struct buffer *plain)
{
    lzma_options_lzma options = stream_options(length);
    lzma_filter filters[] = {{stream_kind(&options, length, true), &options},
                             {LZMA_VLI_UNKNOWN, NULL}};
    lzma_stream stream = LZMA_STREAM_INIT;
    lzma_ret result;
    bool good;

    if (lzma_raw_decoder(&stream, filters) != LZMA_OK)
        return false;
    stream.next_in = packed.data;
    stream.avail_in = packed.length;
    stream.next_out = plain->data;
    stream.avail_out = length;
    result = lzma_code(&stream, LZMA_FINISH);
    good = (result == LZMA_STREAM_END || result == LZMA_OK) && stream.avail_out == 0;
#ifdef LZMA_FILTER_LZMA1EXT
    good = good && result == LZMA_STREAM_END && stream.avail_in == 0;
#endif
    lzma_end(&stream);
    return good;
}

bool unsqueeze(struct span packed, size_t length, struct buffer *plain, struct problem *problem)
{
    if (packed.length < STREAM_MIN)
        return problem_at(problem, 0, NULL, "packed payload of %zu bytes is too short",
                          packed.length);
    if (length == 0 || length > UNPACKED_LIMIT)
        return problem_at(problem, 0, NULL, "unpacked length %zu is not in 1 to %d", length,
                          UNPACKED_LIMIT);
    buffer_resize(plain, length);
    if (!decode(packed, length, plain))
        return problem_at(problem, 0, NULL, "the LZMA stream does not unpack to %zu bytes", length);
    filter_undo(plain->data, length);
    return true;
}
