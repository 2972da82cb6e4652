
/* check_efficiency.c - the visible suite of exercise 10-efficiency.
 *
 * No test asks how fast anything is. "At the same time" is a gate where all must have arrived;
 * the stopwatch is held against what the jobs themselves have measured.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>

#include "efficiency.h"
#include "lockstep.h"

enum { MAX_JOBS = 6 };

static const enum efficiency_way ways[] = {EFFICIENCY_LINE, EFFICIENCY_THREADS,
                                           EFFICIENCY_PROCESSES};
static const char *const way_names[] = {LS_SAYS("in line"), LS_SAYS("in threads"), LS_SAYS("in processes")};

/* What jobs tell the test, also from a process of their own. */
static struct board {
    int calls;
    long order[MAX_JOBS];
    pid_t pid[MAX_JOBS];
    pthread_t thread[MAX_JOBS];
    struct ls_gate *gate;
} *board;

static void new_board(void)
{
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(board, MAP_FAILED);
    board->gate = ls_gate_new();
}

static void free_board(void)
{
    ls_gate_free(board->gate);
    munmap(board, sizeof *board);
}

static long sign_in(long number)
{
    int n = __atomic_fetch_add(&board->calls, 1, __ATOMIC_ACQ_REL);

    if (number >= 0 && number < MAX_JOBS && n < MAX_JOBS) {
        board->order[n] = number;
        board->pid[number] = getpid();
        board->thread[number] = pthread_self();
    }
    return number;
}

static double run(enum efficiency_way way, efficiency_job *job, int n, long results[])
{
    double seconds = -1;
    int rc = efficiency_run(way, job, n, results, &seconds);

    ck_assert_msg(rc == 0, "efficiency_run() %s failed: %s", way_names[way], strerror(errno));
    return seconds;
}

START_TEST(line_in_order)
{
    long results[MAX_JOBS];
    int n = (int)ls_input("jobs", 2, MAX_JOBS);

    new_board();
    run(EFFICIENCY_LINE, sign_in, n, results);
    ck_assert_int_eq(board->calls, n);
    for (int i = 0; i < n; i++) {
        ck_assert_msg(board->order[i] == i, "job %ld ran instead of job %d", board->order[i], i);
        ck_assert_int_eq(results[i], i);
        ck_assert_msg(board->pid[i] == getpid() && pthread_equal(board->thread[i], pthread_self()),
                      "job %d did not run in the calling thread", i);
    }
    free_board();
}
END_TEST

static int64_t factor;

static long large(long number)
{
    return (number - 2) * factor;
}

START_TEST(results_come_back)
{
    enum { JOBS = 12 };

    factor = ls_input("factor", 1000000000000, 1000000000000000);
    for (int w = 0; w < 3; w++) {
        long results[JOBS];

        memset(results, 0x5a, sizeof results);
        run(ways[w], large, JOBS, results);
        for (int i = 0; i < JOBS; i++)
            ck_assert_msg(results[i] == (i - 2) * factor, "%s, job %d gave %ld, not %ld",
                          way_names[w], i, results[i], (long)((i - 2) * factor));
    }
    ls_observe("factor", factor);
}
END_TEST

static long meet(long number)
{
    ls_gate_pass(board->gate);
    return number;
}

struct runner {
    enum efficiency_way way;
    int n, rc, error;
    long results[MAX_JOBS];
};

static void *run_in_thread(void *arg)
{
    struct runner *r = arg;
    double seconds;

    r->rc = efficiency_run(r->way, meet, r->n, r->results, &seconds);
    r->error = errno;
    return NULL;
}

/* All jobs stand at the gate together, or they do not run at the same time. */
static void must_overlap(enum efficiency_way way)
{
    struct runner r = {.way = way, .n = (int)ls_input("jobs", 3, MAX_JOBS)};
    pthread_t other;
    int came;

    new_board();
    ck_assert_int_eq(pthread_create(&other, NULL, run_in_thread, &r), 0);
    ls_settle();
    came = ls_gate_arrived(board->gate);
    ck_assert_msg(came == 0 || came == r.n,
                  "too-strict: %d jobs should run at the same time %s, but only %d came together",
                  r.n, way_names[way], came);
    ls_gate_open(board->gate);
    ck_assert_int_eq(pthread_join(other, NULL), 0);
    errno = r.error;
    ck_assert_msg(r.rc == 0 && came == r.n, "efficiency_run() %s failed", way_names[way]);
    for (int i = 0; i < r.n; i++)
        ck_assert_int_eq(r.results[i], i);
    free_board();
}

START_TEST(threads_overlap)
{
    must_overlap(EFFICIENCY_THREADS);
}
END_TEST

START_TEST(processes_overlap)
{
    must_overlap(EFFICIENCY_PROCESSES);
}
END_TEST

/* Its own thread in our process, its own process; and what we have printed, but not flushed, is
 * printed once. */
START_TEST(each_its_own)
{
    int fd = memfd_create("printed", MFD_CLOEXEC);
    FILE *f = fdopen(fd, "w");
    long results[4];

    ck_assert_ptr_nonnull(f);
    fputs("once", f);
    for (int w = 1; w < 3; w++) {
        new_board();
        run(ways[w], sign_in, 4, results);
        ck_assert_int_eq(board->calls, 4);
        for (int i = 0; i < 4; i++) {
            ck_assert_msg((board->pid[i] == getpid()) == (w == 1), "job %d ran in the wrong process %s",
                          i, way_names[w]);
            for (int k = 0; k < i; k++)
                ck_assert_msg(w == 1 || board->pid[i] != board->pid[k],
                              "two jobs ran in the same process");
            ck_assert_msg(w == 2 || !pthread_equal(board->thread[i], pthread_self()),
                          "a job ran in the calling thread");
        }
        free_board();
    }
    fflush(f);
    ck_assert_msg(lseek(fd, 0, SEEK_END) == 4, "what the parent had printed came out %ld times",
                  (long)lseek(fd, 0, SEEK_END) / 4);
    fclose(f);
}
END_TEST

/* Waits, and says how long that was. */
static long wait_a_little(long number)
{
    int64_t began = ls_now_ns();

    poll(NULL, 0, 40 + (int)number);
    return (long)(ls_now_ns() - began);
}

/* Milliseconds until just before the end of a second. */
static int before_next_second(void)
{
    const int at = (int)(ls_now_ns() / 1000000 % 1000);

    return at <= 980 ? 980 - at : 1980 - at;
}

/* The stopwatch runs at least as long as the jobs (in line: all of them) and no longer than the
 * call; both are measured here, so a slow machine changes nothing. True if a full second has
 * come in between, as a busy machine may prevent. */
static bool time_once(int w)
{
    long results[3], longest = 0, sum = 0;
    int64_t began, took;
    double seconds;

    poll(NULL, 0, before_next_second());
    began = ls_now_ns();
    seconds = run(ways[w], wait_a_little, 3, results);
    took = ls_now_ns() - began;
    for (int i = 0; i < 3; i++) {
        sum += results[i];
        longest = results[i] > longest ? results[i] : longest;
    }
    ck_assert_msg(seconds * 1e9 + 1000 >= (double)(w == 0 ? sum : longest),
                  "%s: less time was measured than the jobs took", way_names[w]);
    ck_assert_msg(seconds * 1e9 - 1000 <= (double)took,
                  "%s: more time was measured than has passed", way_names[w]);
    return began / 1000000000 != (began + took) / 1000000000;
}

START_TEST(time_is_real)
{
    for (int w = 0; w < 3; w++)
        for (int tries = 0; tries < 10 && !time_once(w); tries++)
            ;
}
END_TEST

static long one_dies(long number)
{
    sign_in(number);
    if (number == 1)
        _exit(0);
    return number;
}

/* The child ends, and even with 0; but it gave no result. */
START_TEST(a_process_dies)
{
    long results[4] = {0};
    double seconds;

    new_board();
    run(EFFICIENCY_LINE, sign_in, 1, results); /* who ends the program does it here */
    errno = 0;
    ck_assert_msg(efficiency_run(EFFICIENCY_PROCESSES, one_dies, 4, results, &seconds) == -1,
                  "a process ended without a result, and no error was reported");
    ck_assert_int_eq(errno, EIO);
    ck_assert_int_eq(board->calls, 5);
    free_board();
}
END_TEST

static long square(long number)
{
    return number * number;
}

START_TEST(no_race)
{
    long results[4];

    run(EFFICIENCY_THREADS, square, 4, results);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(results[i], i * i);
}
END_TEST

static int *calls; /* [kind * 3 + way] */

static int way_now(void)
{
    static pid_t parent;
    static pthread_t first;

    if (!parent) {
        parent = getpid();
        first = pthread_self();
    }
    return getpid() != parent ? 2 : !pthread_equal(first, pthread_self());
}

static long compute(long number)
{
    __atomic_fetch_add(&calls[way_now()], 1, __ATOMIC_RELAXED);
    return number;
}

static long pause_a_little(long number)
{
    __atomic_fetch_add(&calls[3 + way_now()], 1, __ATOMIC_RELAXED);
    poll(NULL, 0, 2);
    return number;
}

START_TEST(six_rows_story)
{
    static const char *const labels[] = {"Line cpu: ",   "Line IO: ",      "", "thread cpu: ",
                                         "thread  IO: ", "", "Process  cpu: ", "Process  IO: "};
    struct efficiency_table t, known = {{{9.0149071, 9.389664, 5.466825}, {4.548823, 4.614353, 2.9}}};
    double want[] = {9.014907, 4.548823, 0, 9.389664, 4.614353, 0, 5.466825, 2.9}, got;
    char *text = NULL, *save = NULL, *line;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    int i = 0;

    calls = mmap(NULL, 6 * sizeof *calls, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    way_now();
    ck_assert_msg(efficiency_measure(compute, pause_a_little, 3, &t) == 0,
                  "efficiency_measure() failed: %s", strerror(errno));
    for (int k = 0; k < 6; k++) {
        ck_assert_msg(calls[k] == 3, "%d jobs of 3 ran %s for %s", calls[k], way_names[k % 3],
                      k < 3 ? "cpu" : "IO");
        ck_assert_msg(t.seconds[k / 3][k % 3] >= (k < 3 ? 0 : 0.002),
                      "the time %s for %s was not measured", way_names[k % 3], k < 3 ? "cpu" : "IO");
    }
    ck_assert_int_eq(efficiency_print(&known, f), 0);
    fclose(f);
    f = fopen("/dev/full", "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_msg(efficiency_print(&known, f) == -1, "the disk is full, and no error was reported");
    fclose(f);
    for (line = text; *line && i < 8; line = save + 1, i++) {
        save = strchr(line, '\n');
        ck_assert_msg(save != NULL, "line %d of the table has no line break", i + 1);
        *save = 0;
        ck_assert_msg(strncmp(line, labels[i], strlen(labels[i])) == 0,
                      "line %d of the table is '%s', it should begin '%s'", i + 1, line, labels[i]);
        if (!*labels[i]) {
            ck_assert_msg(!*line, "line %d of the table should be empty", i + 1);
            continue;
        }
        got = strtod(line + strlen(labels[i]), NULL);
        ck_assert_msg(got > want[i] - 1e-9 && got < want[i] + 1e-9 &&
                          strlen(line) == strlen(labels[i]) + 8,
                      "line %d of the table is '%s', not '%s%f'", i + 1, line, labels[i], want[i]);
    }
    ck_assert_msg(i == 8 && !*line, "the table has not eight lines");
    free(text);
    munmap(calls, 6 * sizeof *calls);
}
END_TEST

Suite *lockstep_suite(void)
{
    Suite *suite = suite_create("10-efficiency");

    ls_test(suite, "line-in-order", line_in_order);
    ls_test(suite, "results-come-back", results_come_back);
    ls_test(suite, "threads-overlap", threads_overlap);
    ls_test(suite, "processes-overlap", processes_overlap);
    ls_test(suite, "each-its-own", each_its_own);
    ls_test(suite, "time-is-real", time_is_real);
    ls_test(suite, "a-process-dies", a_process_dies);
    ls_test(suite, "no-race", no_race);
    ls_test(suite, "six-rows-story", six_rows_story);
    return suite;
}
