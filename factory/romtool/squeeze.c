#include "squeeze.h"

#include <lzma.h>

#include "filter.h"

/* What the encoder is told. Of these only lc, lp and pb reach the stream. */
struct settings {
    uint8_t lc, lp, pb;
    uint8_t match_finder; /* an lzma_match_finder */
    uint16_t nice_len;
};

static uint32_t dictionary_size(size_t length)
{
    return length < LZMA_DICT_SIZE_MIN ? LZMA_DICT_SIZE_MIN : (uint32_t)length;
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

static bool encode(struct span filtered, struct settings settings, struct buffer *packed)
{
    lzma_options_lzma options = {
        .dict_size = dictionary_size(filtered.length),
        .lc = settings.lc,
        .lp = settings.lp,
        .pb = settings.pb,
        .mode = LZMA_MODE_NORMAL,
        .nice_len = settings.nice_len,
        .mf = (lzma_match_finder)settings.match_finder,
        .depth = 1000,
    };
    lzma_filter filters[] = {{stream_kind(&options, filtered.length, false), &options},
                             {LZMA_VLI_UNKNOWN, NULL}};
    size_t used = 1;

    /* Raw LZMA1 stores nothing uncompressed: what does not compress grows. */
    buffer_resize(packed, 2 * filtered.length + 64);
    packed->data[0] = (uint8_t)((settings.pb * 5 + settings.lp) * 9 + settings.lc);
    if (lzma_raw_buffer_encode(filters, NULL, filtered.data, filtered.length, packed->data, &used,
                               packed->length) != LZMA_OK)
        return false;
    buffer_resize(packed, used);
    return true;
}

/* Packs with these settings; keeps the result when it is smaller than *best. */
static bool try_settings(struct span filtered, struct settings settings, struct buffer *best,
                         struct settings *best_settings)
{
    struct buffer candidate = {NULL, 0};
    struct buffer loser;

    if (!encode(filtered, settings, &candidate)) {
        buffer_free(&candidate);
        return false;
    }
    loser = candidate;
    if (!best->data || candidate.length < best->length) {
        loser = *best;
        *best = candidate;
        *best_settings = settings;
    }
    buffer_free(&loser);
    return true;
}

/* From what suits most x86 code, one change at a time: the settings are nearly independent, so this
 * comes within a few bytes of trying all combinations. */
static bool find_best(struct span filtered, struct buffer *best)
{
    static const struct {
        int8_t lc, lp, pb; /* -1: as in the best so far */
        uint8_t match_finder;
        uint16_t nice_len;
    } steps[] = {
        {2, -1, -1, 0, 0},
        {1, -1, -1, 0, 0},
        {0, -1, -1, 0, 0},
        {4, -1, -1, 0, 0},
        {-1, -1, 1, 0, 0},
        {-1, -1, 2, 0, 0},
        {-1, 1, -1, 0, 0},
        {-1, 2, -1, 0, 0},
        {-1, -1, -1, LZMA_MF_BT3, 64},
        {-1, -1, -1, LZMA_MF_BT2, 32},
        {-1, -1, -1, LZMA_MF_BT2, 16},
    };
    struct settings chosen = {3, 0, 0, LZMA_MF_BT4, 273};
    bool good = try_settings(filtered, chosen, best, &chosen);

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && good; i++) {
        struct settings next = chosen;

        next.lc = steps[i].lc < 0 ? next.lc : (uint8_t)steps[i].lc;
        next.lp = steps[i].lp < 0 ? next.lp : (uint8_t)steps[i].lp;
        next.pb = steps[i].pb < 0 ? next.pb : (uint8_t)steps[i].pb;
        if (steps[i].nice_len) {
            next.match_finder = steps[i].match_finder;
            next.nice_len = steps[i].nice_len;
        }
        if (next.lc + next.lp <= 4)
            good = try_settings(filtered, next, best, &chosen);
    }
    return good;
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
    uint8_t properties = packed.data[0];
    lzma_options_lzma options = {
        .dict_size = dictionary_size(length),
        .lc = properties % 9u,
        .lp = properties / 9u % 5u,
        .pb = properties / 45u,
    };
    lzma_filter filters[] = {{stream_kind(&options, length, true), &options},
                             {LZMA_VLI_UNKNOWN, NULL}};
    lzma_stream stream = LZMA_STREAM_INIT;
    lzma_ret result;
    bool good;

    if (lzma_raw_decoder(&stream, filters) != LZMA_OK)
        return false;
    stream.next_in = packed.data + 1;
    stream.avail_in = packed.length - 1;
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
    uint8_t properties;

    if (packed.length < 6)
        return problem_at(problem, 0, NULL, "packed payload of %zu bytes is too short",
                          packed.length);
    if (length == 0 || length > UNPACKED_LIMIT)
        return problem_at(problem, 0, NULL, "unpacked length %zu is not in 1 to %d", length,
                          UNPACKED_LIMIT);
    properties = packed.data[0];
    if (properties >= 225 || properties % 9 + properties / 9 % 5 > 4)
        return problem_at(problem, 0, "lc + lp may be 4 at most, pb 4",
                          "LZMA properties byte 0x%02x is not allowed", properties);
    buffer_resize(plain, length);
    if (!decode(packed, length, plain))
        return problem_at(problem, 1, NULL, "the LZMA stream does not unpack to %zu bytes", length);
    filter_undo(plain->data, length);
    return true;
}
