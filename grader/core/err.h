/* err.h - why the grader itself could not do its job.
 *
 * Never used for what a submission did wrong: that is a verdict (verdict.h).
 *
 * Contract of every function taking `struct err *e` as last parameter: on success
 * it returns >= 0 and leaves *e alone; on failure it returns -1, has filled *e, has
 * printed nothing, and has not touched any `ret_*` result. Only cli/ prints.
 *
 * The buffer is fixed, so an error needs no freeing and can be made when memory is
 * short. Messages have no capital, no full stop, and name the subject in 'quotes'.
 */
#ifndef GRADER_ERR_H
#define GRADER_ERR_H

enum err_kind {
    ERR_NONE,
    ERR_USAGE,    /* the command line is wrong: exit 2 */
    ERR_EXERCISE, /* an exercise, rubric or suite is broken: exit 3 */
    ERR_SYSTEM,   /* the machine refused: exit 3 */
    ERR_BUG,      /* an impossible state in our own code: exit 3 */
    ERR_STOPPED,  /* interrupted by the user: exit 130 */
};

struct err {
    enum err_kind kind;
    char msg[512];
};

/* Fills *e and returns -1, so that `return err_set(...)` reads as what it does. */
int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with ": strerror(errno)" behind it; kind ERR_SYSTEM. */
int err_errno(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "what: " before the message already in *e; keeps its kind. */
int err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ERR_SYSTEM "out of memory". */
int err_oom(struct err *e);

#endif
