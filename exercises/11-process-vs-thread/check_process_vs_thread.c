
/* check_process_vs_thread.c - the visible suite of exercise 11-process-vs-thread.
 *
 * A probe that was not measured must be wrong somewhere, so there are ways that are neither
 * process nor thread: clone(2) shares what we tell it to, and unshare(2) takes away.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lockstep.h"
#include "process_vs_thread.h"

/* ---- ways -------------------------------------------------------------------------- */

static int here(void (*body)(void *), void *arg)
{
    body(arg);
    return 0;
}

static int nowhere(void (*body)(void *), void *arg)
{
    (void)body, (void)arg;
    errno = EAGAIN;
    return -1;
}

struct call {
    void (*body)(void *);
    void *arg;
};

static int wait_for(pid_t pid)
{
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return pid > 0 ? 0 : -1;
}

static int fork_sharing(long flags, void (*body)(void *), void *arg)
{
    pid_t pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, 0);

    if (pid == 0) {
        body(arg);
        _exit(0);
    }
    return wait_for(pid);
}

static int in_process(void (*body)(void *), void *arg)
{
    return fork_sharing(0, body, arg);
}

/* A process with memory of its own, but one table of descriptors and one directory with us. */
static int sharing_files(void (*body)(void *), void *arg)
{
    return fork_sharing(CLONE_FILES | CLONE_FS, body, arg);
}

/* A process in which every descriptor is an open file of its own. */
static int reopened(void (*body)(void *), void *arg)
{
    pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);

    for (int fd = 3; pid == 0 && fd < 64; fd++) {
        char path[64];
        int mode = fcntl(fd, F_GETFL), again;

        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        again = mode < 0 ? -1 : open(path, (mode & O_ACCMODE) | O_CLOEXEC);
        if (again >= 0) {
            dup2(again, fd);
            close(again);
        }
    }
    if (pid == 0) {
        body(arg);
        _exit(0);
    }
    return wait_for(pid);
}

static int enter_clone(void *arg)
{
    struct call *c = arg;

    c->body(c->arg);
    _exit(0);
}

/* A process of its own that shares all memory with us. */
static int sharing_memory(void (*body)(void *), void *arg)
{
    enum { SIZE = 256 * 1024 };
    struct call c = {body, arg};
    char *stack = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int rc;

    ck_assert_ptr_ne(stack, MAP_FAILED);
    rc = wait_for(clone(enter_clone, stack + SIZE, CLONE_VM | CLONE_VFORK | SIGCHLD, &c));
    munmap(stack, SIZE);
    return rc;
}

static void *enter_thread(void *arg)
{
    struct call *c = arg;

    c->body(c->arg);
    return NULL;
}

static void *enter_loner(void *arg)
{
    ck_assert_int_eq(unshare(CLONE_FILES | CLONE_FS), 0);
    return enter_thread(arg);
}

static int thread_with(void *(*enter)(void *), void (*body)(void *), void *arg)
{
    struct call c = {body, arg};
    pthread_t t;

    if (pthread_create(&t, NULL, enter, &c) != 0)
        return -1;
    pthread_join(t, NULL);
    return 0;
}

static int in_thread(void (*body)(void *), void *arg)
{
    return thread_with(enter_thread, body, arg);
}

/* A thread with files and a directory of its own. */
static int loner(void (*body)(void *), void *arg)
{
    return thread_with(enter_loner, body, arg);
}

enum { PID, GLOBAL, LOCAL, OFFSET, FILES, HANDLER, DIRECTORY, END, PROBES };

static int (*const probes[])(pvt_way *) = {
    pvt_same_pid,   pvt_same_global,  pvt_same_local,     pvt_same_offset,
    pvt_same_files, pvt_same_handler, pvt_same_directory, pvt_same_end,
};

static const char *const names[] = {
    "pvt_same_pid",   "pvt_same_global",  "pvt_same_local",     "pvt_same_offset",
    "pvt_same_files", "pvt_same_handler", "pvt_same_directory", "pvt_same_end",
};

static const struct {
    const char *name;
    pvt_way *way;
    int same[PROBES]; /* pid, global, local, offset, files, handler, directory, end */
} ways[] = {
    {LS_SAYS("a child process"), in_process, {0, 0, 0, 1, 0, 0, 0, 0}},
    {LS_SAYS("a thread"), in_thread, {1, 1, 1, 1, 1, 1, 1, 1}},
    {LS_SAYS("a function call"), here, {1, 1, 1, 1, 1, 1, 1, 1}},
    {LS_SAYS("a process that shares memory"), sharing_memory, {0, 1, 1, 1, 0, 0, 0, 0}},
    {LS_SAYS("a process that shares files and directory"), sharing_files, {0, 0, 0, 1, 1, 0, 1, 0}},
    {LS_SAYS("a process that has opened all files again"), reopened, {0, 0, 0, 0, 0, 0, 0, 0}},
    {LS_SAYS("a thread with files and directory of its own"), loner, {1, 1, 1, 1, 0, 1, 0, 1}},
    {LS_SAYS("a way that fails"), nowhere, {-1, -1, -1, -1, -1, -1, -1, -1}},
};

enum { WAYS = sizeof ways / sizeof *ways };

static void must_measure(int probe, const char *what)
{
    for (int w = 0; w < WAYS; w++) {
        int got = probes[probe](ways[w].way);

        ck_assert_msg(got == ways[w].same[probe], "%s, for %s: %d, it should be %d", what,
                      ways[w].name, got, ways[w].same[probe]);
    }
}

/* ---- tests ------------------------------------------------------------------------- */

struct visit {
    struct ls_gate *gate;
    pid_t pid;
    pthread_t thread;
    int times, back, rc;
    pvt_way *way;
};

static void sign(void *arg)
{
    struct visit *v = arg;

    ls_gate_pass(v->gate);
    v->pid = getpid();
    v->thread = pthread_self();
    v->times++;
}

static void *visit_in_thread(void *arg)
{
    struct visit *v = arg;

    v->rc = v->way(sign, v);
    __atomic_store_n(&v->back, 1, __ATOMIC_RELEASE);
    return NULL;
}

/* The body stands at a gate: the way may not come back before it has passed. */
static struct visit *visit(pvt_way *way)
{
    struct visit *v =
        mmap(NULL, sizeof *v, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_t caller;

    ck_assert_ptr_ne(v, MAP_FAILED);
    v->gate = ls_gate_new();
    v->way = way;
    ck_assert_int_eq(pthread_create(&caller, NULL, visit_in_thread, v), 0);
    ls_settle();
    ck_assert_msg(ls_gate_arrived(v->gate) == 0 || !__atomic_load_n(&v->back, __ATOMIC_ACQUIRE),
                  "order-violation: the function returned before the body was through");
    ls_gate_open(v->gate);
    ck_assert_int_eq(pthread_join(caller, NULL), 0);
    ls_gate_free(v->gate);
    return v;
}

static void go_away(void *arg)
{
    (void)arg;
    _exit(3);
}

START_TEST(in_a_process)
{
    int fd = memfd_create("printed", MFD_CLOEXEC);
    FILE *f = fdopen(fd, "w");
    struct visit *v;

    ck_assert_ptr_nonnull(f);
    fputs("once", f);
    errno = 0;
    ck_assert_msg(pvt_in_process(go_away, NULL) == 0, "pvt_in_process() failed");
    v = visit(pvt_in_process);
    ck_assert_int_eq(v->rc, 0);
    ck_assert_msg(v->times == 1, "the body ran %d times", v->times);
    ck_assert_msg(v->pid != getpid(), "the body ran in the caller's process");
    munmap(v, sizeof *v);
    fflush(f);
    ck_assert_msg(lseek(fd, 0, SEEK_END) == 4, "what the parent had printed came out twice");
    fclose(f);
}
END_TEST

static void nothing(void *arg)
{
    (void)arg;
}

START_TEST(in_a_thread)
{
    struct visit *v;

    errno = 0;
    ck_assert_msg(pvt_in_thread(nothing, NULL) == 0, "pvt_in_thread() failed");
    v = visit(pvt_in_thread);
    ck_assert_int_eq(v->rc, 0);
    ck_assert_msg(v->times == 1, "the body ran %d times", v->times);
    ck_assert_msg(v->pid == getpid(), "the body ran in another process");
    ck_assert_msg(!pthread_equal(v->thread, pthread_self()), "the body ran in the calling thread");
    munmap(v, sizeof *v);
}
END_TEST

START_TEST(same_pid)
{
    must_measure(PID, "the pid");
}
END_TEST

START_TEST(same_memory)
{
    must_measure(GLOBAL, "a global variable");
    must_measure(LOCAL, "a local variable");
}
END_TEST

START_TEST(same_files)
{
    must_measure(OFFSET, "a file's position");
    must_measure(FILES, "an opened descriptor");
}
END_TEST

START_TEST(handler_and_directory)
{
    must_measure(HANDLER, "a signal handler");
    must_measure(DIRECTORY, "the working directory");
}
END_TEST

START_TEST(same_end)
{
    must_measure(END, "the end");
}
END_TEST

static void ours(int sig)
{
    (void)sig;
}

/* Every probe on every way, twice: the second answer is the first, and all is as it was. */
START_TEST(leaves_no_trace)
{
    struct sigaction sa = {.sa_handler = ours, .sa_flags = SA_RESTART}, now;
    char *before, *after;
    int open_files;

    sigaddset(&sa.sa_mask, SIGWINCH);
    ck_assert_int_eq(sigaction(SIGUSR2, &sa, NULL), 0);
    before = getcwd(NULL, 0);
    open_files = ls_descriptors();
    for (int k = 0; k < 2 * WAYS * PROBES; k++) {
        const int w = k / PROBES % WAYS, p = k % PROBES;

        const int got = probes[p](ways[w].way);

        ck_assert_msg(got == ways[w].same[p], "%s() for %s: %d, it should be %d", names[p],
                      ways[w].name, got, ways[w].same[p]);
        ck_assert_int_eq(sigaction(SIGUSR2, NULL, &now), 0);
        ck_assert_msg(now.sa_handler == ours && (now.sa_flags & SA_RESTART) &&
                          sigismember(&now.sa_mask, SIGWINCH),
                      "%s() for %s did not restore the handler, flags or mask of SIGUSR2", names[p],
                      ways[w].name);
        after = getcwd(NULL, 0);
        ck_assert_msg(strcmp(before, after) == 0, "%s() for %s changed the working directory",
                      names[p], ways[w].name);
        free(after);
        ck_assert_msg(ls_descriptors() == open_files,
                      "leak: %s() for %s has left a descriptor open", names[p], ways[w].name);
    }
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_msg(pvt_same_directory(in_thread) == 1, "from the root, pvt_same_directory() sees nothing");
    ck_assert_int_eq(chdir(before), 0);
    free(before);
}
END_TEST

static int counted;
static int64_t inside;

static int slow(void (*body)(void *), void *arg)
{
    int64_t began = ls_now_ns();

    counted++;
    poll(NULL, 0, counted == 1 ? (int)ls_past_next_second() : 3); /* a full second in between */
    body(arg);
    inside += ls_now_ns() - began;
    return 0;
}

/* Not less than the way itself has measured, and not more than has passed. */
START_TEST(cost_is_measured)
{
    int times = (int)ls_input("times", 3, 9);
    int64_t began = ls_now_ns(), took;
    long cost = pvt_cost_ns(slow, times);

    took = ls_now_ns() - began;
    ck_assert_msg(cost != -1, "pvt_cost_ns() failed");
    ck_assert_msg(counted == times, "%d runs were asked for, %d were made", times, counted);
    ck_assert_msg(cost * times >= inside - times, "less time was measured than the runs took");
    ck_assert_msg(cost * times <= took, "more time was measured than has passed");
    ck_assert_int_eq(pvt_cost_ns(nowhere, times), -1);
}
END_TEST

static const char *const labels[] = {"",           "pid",        "global variable", "local variable",
                                     "file offset", "open files", "signal handler",  "working directory",
                                     "exit",       "cost"};

static void must_be_row(int row, char *line, int w, int v)
{
    char want[128];
    long a, b;

    if (row == 9) {
        ck_assert_msg(strncmp(line, "cost                ", 20) == 0 &&
                          sscanf(line + 20, "%ld ns %ld ns", &a, &b) == 2 && a > 0 && b > 0,
                      "the last row is '%s', not 'cost' with two times in ns", line);
        return;
    }
    snprintf(want, sizeof want, "%-20s%-16s%s", labels[row],
             row == 0 ? "process" : ways[w].same[row - 1] ? "shared" : "own",
             row == 0 ? "thread" : ways[v].same[row - 1] ? "shared" : "own");
    ck_assert_msg(strcmp(line, want) == 0, "row %d for %s and %s is '%s', not '%s'", row, ways[w].name,
                  ways[v].name, line, want);
}

static void must_be_table(int w, int v)
{
    char *text = NULL, *save = NULL, *line;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    int row = 0;

    ck_assert_ptr_nonnull(f);
    ck_assert_msg(pvt_table(ways[w].way, ways[v].way, f) == 0, "pvt_table() failed");
    fclose(f);
    for (line = text; *line && row < 10; line = save + 1, row++) {
        save = strchr(line, '\n');
        ck_assert_msg(save != NULL, "row %d has no line break", row);
        *save = 0;
        must_be_row(row, line, w, v);
    }
    ck_assert_msg(row == 10 && !*line, "the table has not ten lines");
    free(text);
}

/* The homework; and the same for ways that are neither, so that no cell can be a constant. */
START_TEST(table_story)
{
    FILE *f = fopen("/dev/null", "w");

    ck_assert_ptr_nonnull(f);
    must_be_table(0, 1);
    must_be_table(3, 4);
    must_be_table(6, 5);
    ck_assert_int_eq(pvt_table(in_process, nowhere, f), -1);
    fclose(f);
    f = fopen("/dev/full", "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_msg(pvt_table(in_process, in_thread, f) == -1, "the disk is full, and no error was reported");
    fclose(f);
}
END_TEST

Suite *lockstep_suite(void)
{
    Suite *suite = suite_create("11-process-vs-thread");

    ls_test(suite, "in-a-process", in_a_process);
    ls_test(suite, "in-a-thread", in_a_thread);
    ls_test(suite, "same-pid", same_pid);
    ls_test(suite, "same-memory", same_memory);
    ls_test(suite, "same-files", same_files);
    ls_test(suite, "handler-and-directory", handler_and_directory);
    ls_test(suite, "same-end", same_end);
    ls_test(suite, "leaves-no-trace", leaves_no_trace);
    ls_test(suite, "cost-is-measured", cost_is_measured);
    ls_test(suite, "table-story", table_story);
    return suite;
}
