/* hidden.c - functions of libc that share memory behind the program's back.
 *
 * What a man page calls "MT-Unsafe race:..." keeps a buffer or a position of its own: two
 * threads that use it race there, as on a variable (attributes(7)). What glibc makes safe
 * although POSIX does not (rand(3), strerror(3)) has a state that the order of the calls
 * decides: a scheduling point once several tasks use it, never a race. What they touch through
 * their arguments: libc.c.
 */
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/explore/process.h"
#include "runtime/explore/sync.h"

/* X(variable, what a person reads) */
#define BUFFERS(X)                                                                             \
    X(broken_down, "the struct tm of localtime() and gmtime()")                                \
    X(time_text, "the buffer of ctime() and asctime()")                                        \
    X(token, "the position that strtok() keeps")                                               \
    X(password, "the buffer of getpwnam() and getpwuid()")                                     \
    X(group, "the buffer of getgrnam() and getgrgid()")                                        \
    X(host, "the buffer of gethostbyname()")                                                   \
    X(service, "the buffer of getservbyname() and getprotobyname()")                           \
    X(login, "the buffer of getlogin()")                                                       \
    X(tty, "the buffer of ttyname()")                                                          \
    X(number_text, "the buffer of ecvt() and fcvt()")                                          \
    X(letters, "the buffer of l64a()")                                                         \
    X(drand, "the state of drand48() and its like")                                            \
    X(multibyte, "the shift state of mblen(), mbtowc() and wctomb()")                          \
    X(options, "the state of getopt()")                                                        \
    X(table, "the table of hsearch()")

/* Apart from the runtime's own variables, which no program may write (memory.c, own_check()).
 */
static struct hidden {
#define X(name, text) uint64_t name;
    BUFFERS(X)
#undef X
} hidden __attribute__((section("ls_hidden")));

static const struct {
    size_t at;
    const char *text;
} names[] = {
#define X(name, text) {offsetof(struct hidden, name), text},
    BUFFERS(X)
#undef X
};

const char *library_name(uintptr_t addr)
{
    const size_t at = addr - (uintptr_t)&hidden;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (at - names[i].at < sizeof(uint64_t))
            return names[i].text;
    return NULL;
}

#define USES(name)                                                                             \
    do                                                                                         \
        if (RUNNING)                                                                           \
            access_range((uintptr_t)&hidden.name, sizeof hidden.name, true, CALLER);           \
    while (0)

#define STATIC(type, name, buffer, args, call)                                                 \
    REPLACES(type, name, args)                                                                 \
    {                                                                                          \
        USES(buffer);                                                                          \
        return name call;                                                                      \
    }
#define ARGS(...) __VA_ARGS__

STATIC(struct tm *, localtime, broken_down, ARGS(const time_t *t), (t))
STATIC(struct tm *, gmtime, broken_down, ARGS(const time_t *t), (t))
STATIC(char *, asctime, time_text, ARGS(const struct tm *t), (t))
STATIC(struct passwd *, getpwnam, password, ARGS(const char *n), (n))
STATIC(struct passwd *, getpwuid, password, ARGS(uid_t u), (u))
STATIC(struct group *, getgrnam, group, ARGS(const char *n), (n))
STATIC(struct group *, getgrgid, group, ARGS(gid_t g), (g))
STATIC(struct hostent *, gethostbyname, host, ARGS(const char *n), (n))
STATIC(struct servent *, getservbyname, service, ARGS(const char *n, const char *p), (n, p))
STATIC(struct protoent *, getprotobyname, service, ARGS(const char *n), (n))
STATIC(char *, getlogin, login, ARGS(void), ())
STATIC(char *, ttyname, tty, ARGS(int fd), (fd))
STATIC(char *, ecvt, number_text, ARGS(double x, int n, int *p, int *s), (x, n, p, s))
STATIC(char *, fcvt, number_text, ARGS(double x, int n, int *p, int *s), (x, n, p, s))
STATIC(char *, l64a, letters, ARGS(long x), (x))
STATIC(double, drand48, drand, ARGS(void), ())
STATIC(double, erand48, drand, ARGS(unsigned short s[3]), (s))
STATIC(long, lrand48, drand, ARGS(void), ())
STATIC(long, nrand48, drand, ARGS(unsigned short s[3]), (s))
STATIC(long, mrand48, drand, ARGS(void), ())
STATIC(long, jrand48, drand, ARGS(unsigned short s[3]), (s))
STATIC(int, mblen, multibyte, ARGS(const char *s, size_t n), (s, n))
STATIC(int, mbtowc, multibyte, ARGS(wchar_t *w, const char *s, size_t n), (w, s, n))
STATIC(int, wctomb, multibyte, ARGS(char *s, wchar_t w), (s, w))
STATIC(int, getopt, options, ARGS(int n, char *const *v, const char *o), (n, v, o))

REPLACES(void, srand48, long seed)
{
    USES(drand);
    srand48(seed);
}

/* By way of both: POSIX.1-2017, ctime. */
REPLACES(char *, ctime, const time_t *t)
{
    USES(broken_down);
    USES(time_text);
    return ctime(t);
}

/* Its position is ours, so that it is reset with the schedule. */
REPLACES(char *, strtok, char *s, const char *delim)
{
    static char *at;
    static uint64_t of;
    char *token;

    if (!RUNNING)
        return strtok(s, delim);
    USES(token);
    if (of != W->generation)
        at = NULL;
    of = W->generation;
    if (!s && !at)
        return NULL;
    token = strtok_r(s, delim, &at);
    if (token)
        access_range((uintptr_t)token, strlen(token) + 1, true, CALLER);
    return token;
}

/* ---- states that glibc guards by a lock of its own -------------------------------------- */

static uint64_t chance, environment;

/* The order of the calls shows in what they return: a point, as soon as several tasks call. */
static void in_order(uint64_t *state, bool change, uintptr_t pc)
{
    struct op op = {.kind = change ? OP_ATOMIC_RMW : OP_ATOMIC_LOAD,
                    .effect = change ? EFFECT_WRITE : EFFECT_READ,
                    .mask = 0xff,
                    .pc = program_pc(pc),
                    .obj = key_of((uintptr_t)state)};

    W->me->last_pc = op.pc;
    if (hot((uintptr_t)state)) {
        step_op(&op);
    } else if (quiet_point() != QUIET_NOTHING) {
        step(OP_YIELD, 0, pc);
    }
    access_atomic((uintptr_t)state, sizeof *state, change, pc);
    if (cell_shared((uintptr_t)state))
        make_hot((uintptr_t)state);
    if (!change)
        return;
    W->me->fresh_at = W->me->ops; /* other numbers each time: this is no waiting */
    loop_disturb();
}

#define ORDERED(type, name, state, change, args, call)                                         \
    REPLACES(type, name, args)                                                                 \
    {                                                                                          \
        if (RUNNING)                                                                           \
            in_order(&state, change, CALLER);                                                  \
        return name call;                                                                      \
    }

ORDERED(int, rand, chance, true, ARGS(void), ())
ORDERED(long, random, chance, true, ARGS(void), ())
ORDERED(char *, getenv, environment, false, ARGS(const char *n), (n))
ORDERED(int, setenv, environment, true, ARGS(const char *n, const char *v, int o), (n, v, o))
ORDERED(int, unsetenv, environment, true, ARGS(const char *n), (n))
ORDERED(int, putenv, environment, true, ARGS(char *s), (s))

REPLACES(void, srand, unsigned seed)
{
    if (RUNNING)
        in_order(&chance, true, CALLER);
    srand(seed);
}

REPLACES(void, srandom, unsigned seed)
{
    if (RUNNING)
        in_order(&chance, true, CALLER);
    srandom(seed);
}
