/* pure.c - which programs may be reset in process: those that only call what is listed here.
 *
 * Each of these changes nothing but the program's own memory, or is replaced by the explorer's
 * runtime (which undoes it), or prints to a descriptor that goes nowhere. A program that calls
 * anything else gets a process for every schedule: slower, never wrong. Rules as a table; a
 * name that is in doubt is left out.
 */
#include <fnmatch.h>
#include <string.h>

#include "stages/explorer.h"
#include "stages/symbols.h"

static const char *const pure[] = {
    "ls_x_*",
    "__tsan_*",
    "__sanitizer_cov_*",
    "_GLOBAL_OFFSET_TABLE_",
    "_ITM_*",
    "__gmon_start__",
    "__cxa_finalize",
    "__libc_start_main",
    "__stack_chk_fail",
    /* libcheck's assertions: _ck_assert_failed is the runtime's own */
    "_ck_assert_failed",
    "_mark_point",
    "ls_*",
    "suite_create",
    "lockstep_suite",
    /* memory */
    "malloc",
    "calloc",
    "realloc",
    "free",
    "memalign",
    "posix_memalign",
    "aligned_alloc",
    "mem*",
    "str*",
    "bcmp",
    "stpcpy",
    "bzero",
    "qsort",
    "bsearch",
    "__isoc99_*scanf",
    /* numbers and letters */
    "abs",
    "labs",
    "llabs",
    "div",
    "ldiv",
    "ato*",
    "strto*",
    "isal*",
    "isdi*",
    "isspace",
    "toupper",
    "tolower",
    "__ctype_b_loc",
    "__ctype_toupper_loc",
    "__ctype_tolower_loc",
    "sqrt*",
    "pow*",
    "sin*",
    "cos*",
    "exp*",
    "log*",
    "floor*",
    "ceil*",
    "fabs*",
    "fmod*",
    "round*",
    "lround*",
    /* standard output and error: nowhere */
    "printf",
    "puts",
    "putchar",
    "fputs",
    "fputc",
    "putc",
    "fprintf",
    "vprintf",
    "vfprintf",
    "vsnprintf",
    "snprintf",
    "sprintf",
    "fwrite",
    "fflush",
    "perror",
    "stdout",
    "stderr",
    "setvbuf",
    "setbuf",
    "setlinebuf",
    /* asking */
    "__errno_location",
    "getenv",
    "environ",
    "sysconf",
    "__assert_fail",
    "strerror*",
    "gmtime_r",
    "localtime_r",
    "ctime_r",
    "strftime",
    "mktime",
    "difftime",
    "get_nprocs*",
    "sched_get_priority_*",
    /* attribute objects, and setjmp */
    "pthread_attr_*",
    "pthread_mutexattr_*",
    "pthread_condattr_*",
    "pthread_rwlockattr_*",
    "pthread_barrierattr_*",
    "pthread_equal",
    "pthread_setconcurrency",
    "_setjmp",
    "__sigsetjmp",
    "__sigsetjmp_cancel",
    "setjmp",
    "longjmp",
    "siglongjmp",
    "__longjmp_chk",
    "thrd_equal",
    "sigemptyset",
    "sigfillset",
    "sigaddset",
    "sigdelset",
    "sigismember",
    "pthread_atfork",
};

/* Replaced by the runtime, and yet with an effect that no reset takes back: descriptors. */
static const char *const lasting[] = {"ls_x_pipe", "ls_x_pipe2", "ls_x_eventfd"};

struct name {
    struct name *next;
    const char *text;
};

struct screening {
    struct arena *a;
    struct name *defined; /* by one of the objects: what another one wants from it is inside */
    bool impure;
};

static void note_defined(void *ctx, const struct symbol *s)
{
    struct screening *sc = ctx;
    struct name *n;

    if (!s->defined || !s->global || !(n = arena_zalloc(sc->a, sizeof *n)))
        return;
    n->text = arena_strdup(sc->a, s->name);
    n->next = sc->defined;
    sc->defined = n;
}

static void screen(void *ctx, const struct symbol *s)
{
    struct screening *sc = ctx;

    if (s->defined)
        return;
    for (const struct name *n = sc->defined; n; n = n->next)
        if (n->text && strcmp(n->text, s->name) == 0)
            return;
    for (size_t i = 0; i < ARRAY_SIZE(lasting); i++)
        sc->impure |= strcmp(lasting[i], s->name) == 0;
    for (size_t i = 0; i < ARRAY_SIZE(pure); i++)
        if (fnmatch(pure[i], s->name, 0) == 0)
            return;
    sc->impure = true;
}

int explorer_is_pure(const char *work, char *const objects[], struct err *e)
{
    struct arena a = {0};
    struct screening sc = {.a = &a};
    int rc = 0;

    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; objects[i] && rc >= 0; i++) {
            const char *path = arena_printf(&a, "%s/%s", work, objects[i]);

            rc = path ? symbols_each(path, pass ? screen : note_defined, &sc, e) : err_oom(e);
        }
    if (rc >= 0 && a.failed)
        rc = err_oom(e);
    arena_release(&a);
    return rc < 0 ? -1 : !sc.impure;
}
