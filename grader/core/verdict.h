/* verdict.h - why a test passed or failed: the closed list.
 *
 * One X-macro table; enum, names, headlines, precedence and schema all expand from it.
 * Its order IS the precedence: where several verdicts apply to a test, the first in
 * the table is shown and the others are listed under it.
 *
 * The names are stored in results and gradebooks; a unit test freezes them.
 */
#ifndef GRADER_VERDICT_H
#define GRADER_VERDICT_H

#include <stdbool.h>

/* X(constant, name, headline for a student, what to look at or NULL) */
#define VERDICTS(X)                                                                            \
    X(GRADER_ERROR, "grader-error", "the grader failed; your work was not judged", NULL)       \
    X(COMPILE_ERROR, "compile-error", "the code does not compile", NULL)                       \
    X(FORBIDDEN, "forbidden", "uses something this exercise does not allow", NULL)             \
    X(TAMPERING, "tampering", "interferes with the grading", NULL)                             \
    X(NOT_IMPLEMENTED, "not-implemented", "still the stub: nothing written here yet", NULL)    \
    X(EARLY_EXIT, "early-exit", "the program ended before the test did",                       \
      "Which call on this path ends the whole process?")                                       \
    X(CRASH, "crash", "crashed, or accessed memory that it must not",                          \
      "Which pointer or index is used in that line, and what may have freed or changed it?")   \
    X(DEADLOCK, "deadlock", "waits forever, for a lock or for each other",                     \
      "What would end each of these waits, and what prevents it? On every path, is each lock " \
      "released, and are several locks always taken in the same order?")                       \
    X(LOST_WAKEUP, "lost-wakeup", "a task sleeps and nothing will ever wake it",               \
      "Is the condition tested in a loop, with the lock held that the waking side holds when " \
      "it changes it, and does the waking side wake all who wait for it?")                     \
    X(LIVELOCK, "livelock", "tasks keep running without making progress",                      \
      "What has to change so that the loop ends, and which code would change it?")             \
    X(DATA_RACE, "data-race", "shared memory is read and written without synchronisation",     \
      "Which lock protects this memory? Every line that touches it has to hold that lock.")    \
    X(SIGNAL_UNSAFE, "signal-unsafe",                                                          \
      "a signal handler does something that a handler must not do",                            \
      "A handler may set a volatile sig_atomic_t or a lock-free atomic, and call what "        \
      "signal-safety(7) lists; do the rest outside of it.")                                    \
    X(MISUSE, "misuse", "a lock, semaphore or IPC object is used against its rules",           \
      "Read the manual page of that call: which of its rules is broken here?")                 \
    X(ORDER_VIOLATION, "order-violation", "things happen in an order the contract rules out",  \
      "What in the code forces the second step to come after the first?")                      \
    X(WRONG_RESULT, "wrong-result", "a result is not what the contract promises",              \
      "After which step does a value first differ from what you expect?")                      \
    X(ZOMBIE, "zombie", "a finished child process was never waited for",                       \
      "Does every fork() have its wait() or waitpid(), on every path?")                        \
    X(LEAK, "leak", "something acquired was not released",                                     \
      "On every path from that line to the end: where is it released?")                        \
    X(BUSY_WAIT, "busy-wait", "uses processor time while it should sleep",                     \
      "Which call would let the task sleep until there is something to do?")                   \
    X(TOO_STRICT, "too-strict", "work that must be able to run concurrently never does",       \
      "What keeps the others waiting: a lock held during the long work, or a join before "     \
      "all have started?")                                                                     \
    X(RESOURCE_LIMIT, "resource-limit", "used more than the limit allows",                     \
      "Which loop or recursion makes more and more of it?")                                    \
    X(TIMEOUT, "timeout", "did not finish within its limit",                                   \
      "Which loop or wait does not end?")                                                      \
    X(PASS, "pass", "as the contract says", NULL)

enum verdict {
#define X(constant, name, headline, look) VERDICT_##constant,
    VERDICTS(X)
#undef X
        VERDICT_COUNT
};

/* The stored name and the one-line headline. */
const char *verdict_name(enum verdict v);
const char *verdict_headline(enum verdict v);

/* A question or a rule that leads from such a finding to its cause; NULL: there is none. */
const char *verdict_look(enum verdict v);

/* Finds a verdict by its stored name; false when there is none. */
bool verdict_parse(const char *name, enum verdict *ret);

/* The one to show of two: the first in the table. */
static inline enum verdict verdict_first(enum verdict a, enum verdict b)
{
    return a < b ? a : b;
}

/* Ways of running a test; bits of a mode set. X(constant, name) */
#define MODES(X)                                                                               \
    X(NATIVE, "native")                                                                        \
    X(HELGRIND, "helgrind")                                                                    \
    X(MEMCHECK, "memcheck")                                                                    \
    X(EXPLORE, "explore")

enum mode {
#define X(constant, name) MODE_##constant,
    MODES(X)
#undef X
        MODE_COUNT
};

const char *mode_name(enum mode m);
bool mode_parse(const char *name, enum mode *ret);

#endif
