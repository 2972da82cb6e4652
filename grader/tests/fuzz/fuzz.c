/* fuzz.c - mutates real inputs of our parsers for a bounded time; the sanitizers judge.
 *
 *   fuzz SECONDS
 * Parsers of foreign input: exercise.yml, fixtures' expectations, Valgrind's XML, the
 * explorer's report and tokens, UTF-8. The seeds are the repository's own files; the random
 * numbers have a fixed start, so that a finding comes back. Run below the top folder of the
 * source tree.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "batch/csvfile.h"
#include "batch/fixture.h"
#include "batch/layout.h"
#include "core/utf8.h"
#include "report/report.h"
#include "runtime/explore/world.h"
#include "stages/explorer.h"
#include "stages/findings.h"
#include "stages/scan.h"

static uint64_t state = 42;

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static const char xml_seed[] =
    "<?xml version=\"1.0\"?><valgrindoutput><pid>7</pid><ppid>1</ppid><error><kind>Race</kind>"
    "<xwhat><text>Possible data race during write of size 4 at 0x1 by thread #2</text></xwhat>"
    "<stack><frame><obj>/x/program</obj><fn>f</fn><file>event.c</file><line>3</line></frame></"
    "stack>"
    "<xauxwhat><text>This conflicts with a previous read of size 4 by thread "
    "#1</text></xauxwhat>"
    "<stack><frame><obj>/x/program</obj><fn>g</fn><file>event.c</file><line>9</line></frame></"
    "stack>"
    "<auxwhat>Location 0x1 is 0 bytes inside x, declared</auxwhat></error><error><kind>"
    "Leak_DefinitelyLost</kind><xwhat><text>40 "
    "bytes</text></xwhat><stack><frame><obj>/x/program"
    "</obj><fn>f</fn><file>event.c</file></frame></stack></error></valgrindoutput>";

static void mutate(char *s, size_t *len, size_t cap)
{
    static const char *const words[] = {"<error>",
                                        "</stack>",
                                        "// expect: * leak at @x\n",
                                        ": [",
                                        "&a *a",
                                        "\n  - ",
                                        "\xff\xfe",
                                        "99999999999999999999",
                                        "\t",
                                        "\n# 3 \"x\" 1\n",
                                        "__attribute__((",
                                        "[[",
                                        "#pragma GCC ",
                                        "\\\n",
                                        "/*",
                                        "\"",
                                        "asm"};

    for (uint64_t n = next() % 6 + 1; n > 0; n--) {
        const size_t at = *len ? next() % *len : 0;

        switch (next() % 4) {
        case 0:
            if (*len)
                s[at] = (char)next();
            break;
        case 1:
            *len = at;
            break;
        case 2:
            if (*len > at + 4) {
                memmove(s + at, s + at + 4, *len - at - 4);
                *len -= 4;
            }
            break;
        default: {
            const char *w = words[next() % ARRAY_SIZE(words)];

            if (*len + strlen(w) < cap) {
                memmove(s + at + strlen(w), s + at, *len - at);
                memcpy(s + at, w, strlen(w));
                *len += strlen(w);
            }
        }
        }
    }
}

static const char report_seed[] =
    "{\"bug\":\"data-race\",\"message\":\"m\",\"schedule\":1,\"advice\":false,\"token\":"
    "\"1-2.57.3_3.13.w1\",\"address\":4711,\"block\":{\"size\":8,\"offset\":4,\"pc\":20000},"
    "\"stacks\":[{\"task\":1,\"label\":\"reads\",\"pcs\":[20410,89790]},{\"task\":2,\"label\":"
    "\"wrote\",\"pcs\":[20434]}]}\n{\"steps\":[[1,\"reads\",20410,131148,null,4,true,89790],[2,"
    "\"joins\",20434,1,null,0,false]]}\n{\"end\":\"all\",\"schedules\":7,\"steps\":99}\n";

static struct places *places; /* of this very program */

static void try_explorer(const char *text, struct arena *a)
{
    struct exploration x;
    struct err e = {0};
    struct switch_at s[16];
    const char *token = strstr(text, "1-");
    char path[64];

    explorer_read(places, text, NULL, NULL, a, &x, &e);
    snprintf(path, sizeof path, "%.60s", token ? token : text);
    token_read(path, s, 16);
}

static bool anything(void *ctx, const char *name)
{
    (void)ctx;
    return *name == 'e';
}

/* The bytes end where they end: no NUL behind them. */
static void try_screen(const char *text, size_t len)
{
    char *copy = malloc(len + 1); /* of exactly this size, so that a read beyond it is seen */
    struct scan_hit hit;

    if (!copy)
        return;
    memcpy(copy, text, len);
    copy = realloc(copy, len ? len : 1);
    scan_preprocessed(copy, len, anything, NULL, &hit);
    free(copy);
}

/* What platforms export: names, CSV, metadata. */
static void try_class(const char *path, const char *text, size_t len, struct arena *a)
{
    static const char *const edits[] = {"event.c", NULL}, *const ids[] = {"08-event", NULL};
    struct handed_file file = {.name = arena_strndup(a, text, len < 200 ? len : 200)};
    struct filelist l = {.files = &file, .count = 1, .a = a};
    struct gradescope_entry *entries;
    struct csv_file csv;
    struct err e = {0};
    struct buf b = {0};
    int count;

    for (int i = 0; file.name && *file.name && i < LAYOUT_COUNT; i++) {
        struct class_list c = {.edits = edits, .ids = ids};

        if (i != LAYOUT_GRADESCOPE)
            layout_sort(&l, (enum layout)i, layout_guess(&l, "x") ? "x" : "x-submissions",
                        i % 2, &c, &e);
    }
    gradescope_read(path, a, &entries, &count, &e);
    if (csv_read(path, a, &csv, &e) == 0) {
        csv_print(&csv, &b);
        if (!b.failed && (b.len != len || memcmp(b.data ? b.data : "", text, len) != 0))
            abort(); /* nothing was changed, so every byte stays */
        csv_release(&csv);
    }
    buf_release(&b);
}

static void try_all(const char *path, const char *text, size_t len, struct exercise *x)
{
    struct arena a = {0};
    struct rubric r;
    struct err e = {0};
    struct course c = {.exercises = x, .count = 1};
    struct fixture f = {.exercise = x, .path = path, .kind = FIXTURE_WRONG};
    struct unit_result ur = {0};
    struct unit u = {.x = x, .a = &a, .r = &ur};
    struct test_grade t = {.test = &x->rubric.tests[0]};
    struct test_of_pid pid = {7, &t};
    struct findings fi = {.u = &u, .mode = MODE_MEMCHECK, .pids = &pid, .count = 1};
    struct buf b = {0};

    rubric_load(path, "visible", &a, &r, &e);
    try_class(path, text, len, &a);
    fixture_read(&c, &f, &e);
    findings_read(&fi, path);
    for (int use = UTF8_JSON; use <= UTF8_XML; use++)
        utf8_clean(&b, text, len, (enum utf8_for)use);
    buf_release(&b);
    try_explorer(text, &a);
    try_screen(text, len);
    arena_release(&a);
}

static const char *const own_seeds[] = {
    report_seed,
    xml_seed,
    "Identifier,\"Full name\",Grade,\"Maximum Grade\"\r\nParticipant 7,\"A, "
    "\"\"B\"\"\",,100\r\n",
    "---\nsubmission_1:\n  :submitters:\n  - :name: Ada\n    :sid: '7'\n  :created_at: "
    "2026-03-01 12:00:00 Z\n",
    "Ada Lovelace_17_assignsubmission_file_/08-event/event.c",
    "lovelaceada_LATE_31_501_event-1.c",
};

int main(int argc, char *argv[])
{
    static const char *const seeds[] = {"exercises/08-event/exercise.yml",
                                        "fixtures/08-event/no-flag.c",
                                        "fixtures/hostile/c12-digraph-directive.c",
                                        "exercises/13-driver-conductor/README.zh-CN.md",
                                        NULL,
                                        NULL};
    static char text[1 << 17];
    char path[] = "/tmp/lockstep-fuzz-XXXXXX";
    const double until = now_s() + (argc > 1 ? atof(argv[1]) : 5);
    struct arena a = {0};
    struct exercise x = {.id = "08-event", .cname = "event"};
    struct err e = {0};
    int fd = mkstemp(path);
    long runs = 0;

    if (fd < 0 || rubric_load(seeds[0], "visible", &a, &x.rubric, &e) < 0) {
        fprintf(stderr, "fuzz: %s\n", e.msg);
        return 3;
    }
    close(fd);
    if (places_open("/proc/self/exe", &places, &e) < 0)
        return 3;
    for (; now_s() < until; runs++) {
        const char *seed = seeds[runs % ARRAY_SIZE(seeds)];
        auto_free char *file = NULL;
        const char *own = own_seeds[(size_t)runs / ARRAY_SIZE(seeds) % ARRAY_SIZE(own_seeds)];
        size_t len = strlen(own);

        if (seed && slurp(seed, sizeof text / 2, &file, &len, &e) < 0)
            return 3;
        memcpy(text, file ? file : own, len);
        mutate(text, &len, sizeof text - 1);
        text[len] = '\0';
        if (write_plain(path, text, len, &e) < 0)
            return 3;
        try_all(path, text, len, &x);
    }
    unlink(path);
    places_close(places);
    arena_release(&a);
    printf("%ld inputs\n", runs);
    return runs > 100 ? 0 : 1;
}
