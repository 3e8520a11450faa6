// sources: src/firmware/image/nbi.c src/firmware/image/linux.c src/firmware/image/plan.c
// sources: src/firmware/core/print.c src/firmware/core/errors.c
/* Damaged boot files: whatever a header says, an accepted plan stays within the file and within
 * free memory. */
#include "image_machine.h"

enum { FILE_AT = 0x4000000, FILE_MAX = 0x3000, ROUNDS = 20000 };

static const struct image_type *const types[] = {&nbi_image, &linux_image};
static const struct dhcp_lease lease;
static struct memory_map map;
static unsigned accepted[2], refused[2];

static size_t make_nbi(uint8_t *data)
{
    static const uint32_t records[][4] = {{0x00000004, 0x20000, 0x400, 0x800},
                                          {0x01000014, 0x100, 0x200, 0x200},
                                          {0x00000004, FILE_AT + 0x100, 0x1000, 0x1000},
                                          {0x03000004, 0x4000, 0x100, 0x4000},
                                          {0x06000004, 0x10000, 0x800, 0x10000}};
    unsigned at = 16;

    memset(data, 0, 512);
    put(data, 0x1b031336, 4);
    put(data + 4, next_random() % 2 ? 0x80000004 : 4, 4);
    put(data + 8, 0x92000000, 4);
    put(data + 12, data[7] ? 0x20000 : 0x20000000, 4);
    for (unsigned i = 0; i < 5; i++) {
        for (unsigned field = 0; field < 4; field++)
            put(data + at + field * 4, records[i][field], 4);
        at += i == 1 ? 20 : 16;
    }
    return 512 + 0x400 + 0x200 + 0x1000 + 0x100 + 0x800;
}

static size_t make_linux(uint8_t *data)
{
    data[0x1f1] = 3;
    put(data + 0x1f4, 0x100, 4);
    put(data + 0x1fe, 0xaa55, 2);
    put(data + 0x202, 0x53726448, 4);
    put(data + 0x206, 0x200 + next_random() % 16, 2);
    data[0x211] = 1;
    put(data + 0x22c, 0x7fffffff, 4);
    put(data + 0x230, 0x200000, 4);
    data[0x234] = next_random() % 2;
    put(data + 0x238, 255, 4);
    put(data + 0x258, 0x1000000, 4);
    put(data + 0x25c, 0, 4);
    put(data + 0x260, 0x800000, 4);
    return 0x800 + 0x1000;
}

/* Change a few bytes where headers are; now and then cut the file. */
static size_t damage(uint8_t *data, size_t length, unsigned header)
{
    static const uint8_t nasty[] = {0, 1, 0x7f, 0x80, 0xff, 0xf0, 4, 0x44};

    for (unsigned n = next_random() % 4; n--;) {
        uint8_t *at = data + header + next_random() % 112;

        *at = next_random() % 2 ? nasty[next_random() % sizeof(nasty)] : (uint8_t)next_random();
    }
    return next_random() % 8 ? length : next_random() % length;
}

static void check_plan(const struct boot_file *file, const struct plan *plan)
{
    for (const struct plan_copy *part = plan->copy; part < plan->copy + plan->count; part++) {
        const uint8_t *from = (const uint8_t *)part->from.start;
        bool from_file = from >= file->data && part->from.length <= file->length &&
                         (size_t)(from - file->data) <= file->length - part->from.length;

        CHECK(memory_map_holds(&map, (uint32_t)part->to.start, part->to.length));
        CHECK(part->from.length <= part->to.length);
        CHECK(from_file || memory_map_holds(&map, (uint32_t)part->from.start, part->from.length));
        for (const struct plan_copy *other = plan->copy; other < part; other++)
            CHECK(part->to.start + part->to.length <= other->to.start ||
                  other->to.start + other->to.length <= part->to.start);
    }
}

/* A damaged file of a kind (index into types) in `data`; returns its length. */
static size_t make_damaged(unsigned kind, uint8_t *data)
{
    fill_random(data, FILE_MAX);
    return damage(data, kind ? make_linux(data) : make_nbi(data), kind ? 0x1f0 : 0);
}

/* In memory that the file may be placed over. */
static void place_damaged(unsigned kind)
{
    static struct plan plan;
    struct boot_file file = {memory_at(FILE_AT), 0, "x", "quiet", NULL, 0, &lease};
    const struct image_type *type = types[kind];

    file.length = make_damaged(kind, memory_at(FILE_AT));
    if (!type->recognise(file.data, file.length))
        return;
    if (type->check(&file, &map, &plan)) {
        CHECK(plan.problem[0] && strlen(plan.problem) < sizeof(plan.problem) - 1);
        refused[kind]++;
        return;
    }
    accepted[kind]++;
    CHECK(!plan.problem[0]);
    check_plan(&file, &plan);
    image_place(&plan);
}

/* In memory that ends with the file, so that a read past its end is seen. */
static void check_damaged(unsigned kind)
{
    static uint8_t data[FILE_MAX];
    static struct plan plan;
    size_t length = make_damaged(kind, data);
    uint8_t *exact = malloc(length ? length : 1);
    struct boot_file file = {exact, length, "x", "", NULL, 0, &lease};

    memcpy(exact, data, length);
    if (types[kind]->recognise(exact, length))
        types[kind]->check(&file, &map, &plan);
    free(exact);
}

int main(void)
{
    start_machine();
    map = free_memory();
    for (unsigned round = 0; round < ROUNDS; round++) {
        place_damaged(round % 2);
        check_damaged(round % 2);
    }
    CHECK(accepted[0] > ROUNDS / 20 && accepted[1] > ROUNDS / 20);
    CHECK(refused[0] > ROUNDS / 20 && refused[1] > ROUNDS / 20);
    return 0;
}
