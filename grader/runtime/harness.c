/* harness.c - the program around a suite when it runs natively or under Valgrind.
 *
 *   keeper --fork/exec--> suite --test close-wakes-all      one test, libcheck without fork
 *   valgrind              suite --each close-wakes-all,...  one process a test, libcheck forks
 *
 * It reports through LS_WIRE_FD (wire.h): BEGIN, observations, failures, END. libcheck's
 * own verdict is not used: libcheck calls a test passed when the code under test calls
 * exit(0). A body that did not return sends no END, and that is seen from outside.
 *
 * libcheck is not changed. The linker's --wrap gives us three doors: tcase_create() tells the
 * ids, suite_add_tcase() adds our begin and end around every body, _ck_assert_failed() reports
 * a failure from whichever thread or process it happens in (libcheck would longjmp on a foreign
 * stack).
 */
#include <check.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <valgrind/valgrind.h>

#include "runtime/harness.h"
#include "runtime/inputs.h"
#include "runtime/lockstep.h"
#include "runtime/noexec.h"

enum { MAX_TESTS = 128 };

static const char *ids[MAX_TESTS]; /* every TCase of the suite, in order */
static int id_count;
static const char *current = ""; /* id of the test being run */
static pid_t main_pid;
static bool in_body, have_keeper, slow;
static int last_mark; /* see __wrap__mark_point() */
static struct {
    const char *file;
    int line;
} places[LS_PLACES];
static int place_count;
static pthread_t main_thread;
static uint64_t seed;

pid_t harness_main_pid(void)
{
    return main_pid;
}

bool harness_slow(void)
{
    return slow;
}

void harness_send(enum ls_wire_type type, int line, int64_t number, const char *text)
{
    struct ls_wire w = {.magic = LS_WIRE_MAGIC, .type = (uint16_t)type, .line = line};
    size_t len = strlen(text);

    w.tid = (int32_t)syscall(SYS_gettid);
    w.number = number;
    w.text_len = (uint32_t)(len < sizeof w.text ? len : sizeof w.text);
    memcpy(w.text, text, w.text_len);
    if (!have_keeper) {
        if (type == LS_FAIL)
            fprintf(stderr, "%s: line %d: %s\n", current, line, text);
        return;
    }
    while (send(LS_WIRE_FD, &w, sizeof w, MSG_NOSIGNAL) < 0 && errno == EINTR)
        ;
}

/* recv(2) by one instruction, always the same and at the same depth: libc's has two, for one
 * thread and for several, and the keeper looks where we stand. */
static long receive(char *go)
{
    long rc = SYS_recvfrom;
    register long r10 __asm__("r10") = 0;
    register long r8 __asm__("r8") = 0;
    register long r9 __asm__("r9") = 0;

    __asm__ volatile("syscall"
                     : "+a"(rc)
                     : "D"(LS_WIRE_FD), "S"(go), "d"(1), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return rc;
}

void __attribute__((noinline)) harness_wait(void)
{
    char go;

    if (!have_keeper)
        return;
    while (receive(&go) == -EINTR)
        ;
}

/* The keeper has been told enough to end this test: stand still until it does, so that
 * it can look at the stacks. Standing still is not finishing: nothing is given back. */
static void __attribute__((noreturn)) stand_still(int status)
{
    sigset_t all;

    if (!have_keeper)
        _exit(status);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    for (;;)
        poll(NULL, 0, -1);
}

/* errno first: the stub's ENOSYS is how "not implemented" is told from "wrong". */
void __wrap__ck_assert_failed(const char *file, int line, const char *expr, const char *msg,
                              ...);
void __wrap__ck_assert_failed(const char *file, int line, const char *expr, const char *msg,
                              ...)
{
    int saved = errno;
    char text[LS_WIRE_TEXT];
    const char *slash = strrchr(file, '/');
    int n = snprintf(text, sizeof text, "%s\n", slash ? slash + 1 : file);
    va_list ap;

    va_start(ap, msg);
    if (msg)
        vsnprintf(text + n, sizeof text - (size_t)n, msg, ap);
    else
        snprintf(text + n, sizeof text - (size_t)n, "%s", expr);
    va_end(ap);
    harness_send(LS_FAIL, line, saved, text);
    stand_still(1);
}

static void on_crash(int sig, siginfo_t *info, void *context)
{
    (void)context;
    harness_send(LS_CRASH, sig, (int64_t)(uintptr_t)info->si_addr, "");
    stand_still(128 + sig);
}

/* A stack overflow leaves no stack to report from: this one is ours. */
static void catch_crashes(void)
{
    static char stack[64 * 1024];
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS};
    stack_t ss = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction sa = {.sa_sigaction = on_crash,
                           .sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND};

    sigaltstack(&ss, NULL);
    sigemptyset(&sa.sa_mask);
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
        sigaction(crashes[i], &sa, NULL);
}

static void body_begins(void)
{
    main_pid = getpid();
    if (!slow)
        catch_crashes(); /* Valgrind reports crashes itself, with better stacks */
    harness_send(LS_BEGIN, 0, main_pid, current);
    harness_wait();
    main_thread = pthread_self();
    last_mark = place_count = 0;
    in_body = true;
    errno = 0;
}

/* Where an assertion held in the test's own thread: each place once, in the order in which they
 * were reached, and the line of the last one. Who leaves the body from inside a call, or skips
 * a part of it, has not come by the others (stages/native.c, oracle.c). */

static void tell_place(const char *file, int line)
{
    const char *slash = strrchr(file, '/');

    for (int i = 0; i < place_count; i++)
        if (places[i].line == line && strcmp(places[i].file, file) == 0)
            return;
    if (place_count == LS_PLACES || slow)
        return;
    places[place_count].file = file;
    places[place_count++].line = line;
    harness_send(LS_PLACE, line, 0, slash ? slash + 1 : file);
}

void __real__mark_point(const char *file, int line);
void __wrap__mark_point(const char *file, int line);
void __wrap__mark_point(const char *file, int line)
{
    if (in_body && getpid() == main_pid && pthread_equal(pthread_self(), main_thread)) {
        const int saved = errno;

        last_mark = line;
        tell_place(file, line);
        errno = saved;
    }
    __real__mark_point(file, line);
}

static void body_ended(void)
{
    if (getpid() != main_pid) /* a child that a test forked came back through libcheck */
        _exit(0);
    in_body = false;
    harness_send(LS_END, 0, last_mark, "");
    harness_wait();
}

static void exit_called(void)
{
    if (!in_body || getpid() != main_pid)
        return;
    in_body = false;
    harness_send(LS_EXIT, 0, 0, "");
    harness_wait();
}

void __real_suite_add_tcase(Suite *s, TCase *tc);
void __wrap_suite_add_tcase(Suite *s, TCase *tc);
void __wrap_suite_add_tcase(Suite *s, TCase *tc)
{
    tcase_add_checked_fixture(tc, body_begins, body_ended);
    tcase_set_timeout(tc, 0); /* time is the keeper's business */
    __real_suite_add_tcase(s, tc);
}

TCase *__real_tcase_create(const char *name);
TCase *__wrap_tcase_create(const char *name);
TCase *__wrap_tcase_create(const char *name)
{
    if (id_count < MAX_TESTS)
        ids[id_count++] = name;
    return __real_tcase_create(name);
}

void ls_test(Suite *suite, const char *id, const TTest *test)
{
    TCase *tc = tcase_create(id);

    tcase_add_test(tc, test);
    suite_add_tcase(suite, tc);
}

int64_t ls_input(const char *label, int64_t lo, int64_t hi)
{
    return inputs_value(seed, current, label, lo, hi);
}

void ls_observe(const char *label, int64_t value)
{
    harness_send(LS_OBSERVE, 0, value, label);
}

/* One process a test under libcheck's fork mode; this process only waits. */
static int run_tests(char *list, bool each)
{
    SRunner *sr = srunner_create(lockstep_suite());

    srunner_set_fork_status(sr, each ? CK_FORK : CK_NOFORK);
    for (char *save = NULL, *id = strtok_r(list, ",", &save); id;
         id = strtok_r(NULL, ",", &save)) {
        current = id;
        srunner_run(sr, NULL, id, CK_SILENT);
        if (!each && getpid() != main_pid)
            _exit(0);
    }
    srunner_free(sr);
    return 0;
}

static int list_tests(void)
{
    SRunner *sr = srunner_create(lockstep_suite());

    for (int i = 0; i < id_count; i++)
        puts(ids[i]);
    srunner_free(sr);
    return fflush(stdout) == 0 ? 0 : 3;
}

int main(int argc, char *argv[])
{
    const char *env = getenv("LOCKSTEP_SEED");

    seed = env ? strtoull(env, NULL, 16) : 1;
    if (env)
        memset((void *)(uintptr_t)env, '0',
               strlen(env));         /* /proc/self/environ shows this memory */
    slow = RUNNING_ON_VALGRIND != 0; /* no variable tells the submission so */
    have_keeper = fcntl(LS_WIRE_FD, F_GETFD) >= 0;
    if (have_keeper)
        fcntl(LS_WIRE_FD, F_SETFD, FD_CLOEXEC);
    unsetenv("LOCKSTEP_SEED");
    atexit(exit_called);
    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        return list_tests();
    if (!slow && !getenv("LOCKSTEP_CODE"))
        noexec_begin(); /* where a kernel has no filters, the sandbox has said so */
    if (argc == 3 && strcmp(argv[1], "--test") == 0)
        return run_tests(argv[2], false);
    if (argc == 3 && strcmp(argv[1], "--each") == 0)
        return run_tests(argv[2], true);
    fprintf(stderr, "usage: %s --list | --test ID | --each ID,ID...\n", argv[0]);
    return 2;
}
