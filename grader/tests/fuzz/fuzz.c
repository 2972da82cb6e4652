/* fuzz.c - mutates real inputs of our parsers for a bounded time; the sanitizers judge.
 *
 *   fuzz SECONDS
 * Parsers of foreign input: exercise.yml, fixtures' expectations, Valgrind's XML, UTF-8. The
 * seeds are the repository's own files; the random numbers have a fixed start, so that a
 * finding comes back. Run below the top folder of the source tree.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "batch/fixture.h"
#include "core/utf8.h"
#include "report/report.h"
#include "stages/findings.h"

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
    static const char *const words[] = {
        "<error>", "</stack>", "// expect: * leak at @x\n", ": [", "&a *a",
        "\n  - ",  "\xff\xfe", "99999999999999999999",      "\t"};

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

    rubric_load(path, &a, &r, &e);
    fixture_read(&c, &f, &e);
    findings_read(&fi, path, &e);
    for (int use = UTF8_JSON; use <= UTF8_XML; use++)
        utf8_clean(&b, text, len, (enum utf8_for)use);
    buf_release(&b);
    arena_release(&a);
}

int main(int argc, char *argv[])
{
    static const char *const seeds[] = {"exercises/08-event/exercise.yml",
                                        "fixtures/08-event/no-flag.c",
                                        "exercises/13-driver-conductor/README.zh-CN.md", NULL};
    static char text[1 << 17];
    char path[] = "/tmp/lockstep-fuzz-XXXXXX";
    const double until = now_s() + (argc > 1 ? atof(argv[1]) : 5);
    struct arena a = {0};
    struct exercise x = {.id = "08-event", .cname = "event"};
    struct err e = {0};
    int fd = mkstemp(path);
    long runs = 0;

    if (fd < 0 || rubric_load(seeds[0], &a, &x.rubric, &e) < 0) {
        fprintf(stderr, "fuzz: %s\n", e.msg);
        return 3;
    }
    close(fd);
    for (; now_s() < until; runs++) {
        const char *seed = seeds[runs % ARRAY_SIZE(seeds)];
        auto_free char *file = NULL;
        size_t len = sizeof xml_seed - 1;

        if (seed && slurp(seed, sizeof text / 2, &file, &len, &e) < 0)
            return 3;
        memcpy(text, file ? file : xml_seed, len);
        mutate(text, &len, sizeof text);
        if (write_plain(path, text, len, &e) < 0)
            return 3;
        try_all(path, text, len, &x);
    }
    unlink(path);
    arena_release(&a);
    printf("%ld inputs\n", runs);
    return runs > 100 ? 0 : 1;
}
