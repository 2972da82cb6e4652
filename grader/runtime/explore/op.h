/* op.h - what a task can be about to do: the closed list of scheduling points.
 *
 * A task announces its next operation, and only when the scheduler picks the task is the
 * operation carried out. So the scheduler always knows what everybody would do next (the
 * "pending events" of POS and DPOR). How an operation touches its object is all that a
 * strategy gets to know: see effect below and strategies/strategy.h.
 */
#ifndef LOCKSTEP_OP_H
#define LOCKSTEP_OP_H

#include <stdint.h>

#include "runtime/strategies/strategy.h"

/* X(constant, effect on the object, what a person reads) */
#define OPS(X)                                                                                 \
    X(START, EFFECT_NONE, "starts")                                                            \
    X(EXIT, EFFECT_RELEASE, "ends")                                                            \
    X(READ, EFFECT_READ, "reads")                                                              \
    X(WRITE, EFFECT_WRITE, "writes")                                                           \
    X(ATOMIC_LOAD, EFFECT_READ, "reads atomically")                                            \
    X(ATOMIC_STORE, EFFECT_WRITE, "writes atomically")                                         \
    X(ATOMIC_RMW, EFFECT_WRITE, "updates atomically")                                          \
    X(CREATE, EFFECT_WRITE, "creates")                                                         \
    X(JOIN, EFFECT_ACQUIRE, "joins")                                                           \
    X(TRYJOIN, EFFECT_WRITE, "tries to join")                                                  \
    X(DETACH, EFFECT_WRITE, "detaches")                                                        \
    X(LOCK, EFFECT_ACQUIRE, "locks")                                                           \
    X(TRYLOCK, EFFECT_WRITE, "tries to lock")                                                  \
    X(UNLOCK, EFFECT_RELEASE, "unlocks")                                                       \
    X(COND_WAIT, EFFECT_WRITE, "begins to wait for")                                           \
    X(COND_WAKE, EFFECT_ACQUIRE, "returns from waiting for")                                   \
    X(COND_SIGNAL, EFFECT_WRITE, "signals")                                                    \
    X(COND_BROADCAST, EFFECT_WRITE, "broadcasts")                                              \
    X(SEM_WAIT, EFFECT_ACQUIRE, "waits for")                                                   \
    X(SEM_TRY, EFFECT_WRITE, "tries to take")                                                  \
    X(SEM_POST, EFFECT_POST, "posts")                                                          \
    X(SEM_VALUE, EFFECT_READ_ALL, "reads the value of")                                        \
    X(RDLOCK, EFFECT_SHARE, "locks for reading")                                               \
    X(WRLOCK, EFFECT_ACQUIRE, "locks for writing")                                             \
    X(BARRIER, EFFECT_WRITE, "arrives at the barrier")                                         \
    X(BARRIER_WAKE, EFFECT_NONE, "leaves the barrier")                                         \
    X(RDUNLOCK, EFFECT_UNSHARE, "unlocks")                                                     \
    X(WRQUEUE, EFFECT_WRITE, "asks for writing")                                               \
    X(KEYS, EFFECT_WRITE, "changes a key, or calls destructors")                               \
    X(CLOCK, EFFECT_WRITE, "reads the clock")                                                  \
    X(ONCE, EFFECT_ACQUIRE, "calls once")                                                      \
    X(ONCE_DONE, EFFECT_RELEASE, "has called once")                                            \
    X(INIT, EFFECT_WRITE, "initialises")                                                       \
    X(DESTROY, EFFECT_WRITE, "destroys")                                                       \
    X(YIELD, EFFECT_NONE, "yields")                                                            \
    X(SLEEP, EFFECT_NONE, "sleeps")                                                            \
    X(FOREVER, EFFECT_NONE, "loops forever")                                                   \
    X(CANCEL, EFFECT_WRITE, "cancels")                                                         \
    X(SIGNAL, EFFECT_NONE, "sends a signal to")                                                \
    X(SETTLE, EFFECT_NONE, "waits until nobody else can run")                                  \
    X(FIRST_CHILD, EFFECT_NONE, "waits until there is a child")                                \
    X(STOP, EFFECT_NONE, "waits until it holds no lock, to stop it")                           \
    X(GATE, EFFECT_ACQUIRE, "waits at the gate")                                               \
    X(GATE_OPEN, EFFECT_RELEASE, "opens the gate")                                             \
    X(FREE, EFFECT_WRITE, "frees")                                                             \
    X(PAUSE, EFFECT_NONE, "waits for a signal")                                                \
    X(SIGWAIT, EFFECT_NONE, "waits for a signal of a set")                                     \
    X(SIGACTION, EFFECT_WRITE, "sets the action of a signal")                                  \
    X(DELIVER, EFFECT_NONE, "is interrupted by a signal")                                      \
    X(FORK, EFFECT_WRITE, "forks")                                                             \
    X(LEAVE, EFFECT_WRITE, "exits")                                                            \
    X(WAIT, EFFECT_WRITE, "waits for a child")                                                 \
    X(IO, EFFECT_WRITE, "reads or writes")                                                     \
    X(POLL, EFFECT_WRITE, "waits for descriptors")                                             \
    X(CLOSE, EFFECT_WRITE, "closes")                                                           \
    X(FILE, EFFECT_WRITE, "opens or changes a file")                                           \
    X(FAILED, EFFECT_NONE, "returns an error")

enum op_kind {
#define X(name, effect, text) OP_##name,
    OPS(X)
#undef X
        OP_COUNT
};

struct op {
    uint8_t kind;
    uint8_t effect; /* of kind, unless the operation itself knows better */
    uint8_t mask;   /* bytes of the 8-byte granule, for memory; 0xff otherwise */
    uint8_t timed;  /* has a deadline */
    uint32_t pc;    /* offset in the program, of the call or access */
    uint64_t obj;   /* address, or task number for CREATE, JOIN, ... */
    uint64_t obj2;  /* COND_WAIT, COND_WAKE: the mutex */
    int64_t until;  /* virtual nanoseconds, for timed */
};

#endif
