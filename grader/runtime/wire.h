/* wire.h - what a running test tells the keeper, one packet a fact.
 *
 * Spoken over an AF_UNIX SOCK_SEQPACKET socket at descriptor LS_WIRE_FD: packets keep
 * their borders, a write is whole or not at all, and the kernel attaches the sender's pid
 * (SCM_CREDENTIALS, unix(7)), which the sender cannot choose. This header is the only one
 * shared by the runtime, which is linked into submissions, and the grader, which reads it.
 *
 * Nothing said here is believed because it was said: a test passes only if the stream is
 * complete and in order, and the keeper's own look at the kernel agrees. See
 * grader/ARCHITECTURE.md, "what the stream proves".
 */
#ifndef LOCKSTEP_WIRE_H
#define LOCKSTEP_WIRE_H

#include <stdint.h>

enum {
    LS_WIRE_FD = 198,
    LS_WIRE_MAGIC = 0x4c53u, /* "LS" */
    LS_WIRE_TEXT = 1500,
    LS_PLACES = 512, /* of one test; later ones are not told */
};

enum ls_wire_type {
    LS_BEGIN = 1, /* text: test id; number: pid as the test sees it. Waits for LS_GO. */
    LS_END,       /* the body returned; number: line of its last assertion. Waits for LS_GO. */
    LS_OBSERVE,   /* text: label; number: value */
    LS_PLACE,     /* an assertion held, for the first time; text: FILE; line */
    LS_FAIL,      /* text: "FILE\nMESSAGE"; line; number: errno of the failing task. Waits. */
    LS_CRASH,     /* line: signal number; number: fault address. Waits. */
    LS_EXIT,      /* exit() was called before the body returned. Waits for LS_GO. */
    LS_TYPE_COUNT
};

enum { LS_GO = 'g' }; /* the keeper's one-byte answer */

struct ls_wire {
    uint16_t magic;
    uint16_t type;
    int32_t tid; /* as the sender sees itself */
    int32_t line;
    uint32_t text_len; /* bytes of text used, no NUL */
    int64_t number;
    char text[LS_WIRE_TEXT];
};

#endif
