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

/* X(constant, name, headline for a student) */
#define VERDICTS(X)                                                                            \
    X(GRADER_ERROR, "grader-error",                                                            \
      "the grader could not do its job; this says nothing of you")                             \
    X(COMPILE_ERROR, "compile-error", "the code does not compile")                             \
    X(FORBIDDEN, "forbidden", "uses something this exercise does not allow")                   \
    X(TAMPERING, "tampering", "interferes with the grading")                                   \
    X(NOT_IMPLEMENTED, "not-implemented", "still the stub: nothing written here yet")          \
    X(EARLY_EXIT, "early-exit", "the program ended before the test did")                       \
    X(CRASH, "crash", "crashed, or touched memory it must not")                                \
    X(DEADLOCK, "deadlock", "tasks wait for each other for ever")                              \
    X(LOST_WAKEUP, "lost-wakeup", "a task sleeps and nobody will ever wake it")                \
    X(LIVELOCK, "livelock", "tasks keep running and get nowhere")                              \
    X(DATA_RACE, "data-race",                                                                  \
      "two tasks touch the same memory, one writes, nothing orders them")                      \
    X(SIGNAL_UNSAFE, "signal-unsafe", "a signal handler does what a handler must not")         \
    X(MISUSE, "misuse", "a lock, semaphore or IPC object is used against its rules")           \
    X(ORDER_VIOLATION, "order-violation", "things happen in an order the contract rules out")  \
    X(WRONG_RESULT, "wrong-result", "a result is not what the contract promises")              \
    X(ZOMBIE, "zombie", "a finished child process was never waited for")                       \
    X(LEAK, "leak", "something acquired was not given back")                                   \
    X(BUSY_WAIT, "busy-wait", "burns the processor where it should sleep")                     \
    X(TOO_STRICT, "too-strict", "work that must be able to overlap never does")                \
    X(RESOURCE_LIMIT, "resource-limit", "used more than the limit allows")                     \
    X(TIMEOUT, "timeout", "did not finish within its limit")                                   \
    X(PASS, "pass", "as the contract says")

enum verdict {
#define X(constant, name, headline) VERDICT_##constant,
    VERDICTS(X)
#undef X
        VERDICT_COUNT
};

/* The stored name and the one-line headline. */
const char *verdict_name(enum verdict v);
const char *verdict_headline(enum verdict v);

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
