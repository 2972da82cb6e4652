/* store.h - what a batch knows, in one SQLite file (WAL), so that being killed loses nothing:
 * who handed in what, and every result that was ever made, found by its key.
 *
 * One process writes. A key (key.h) holds all that a result depends on, so a result is made
 * once and is right for as long as its key is asked for; what could not be graded is never
 * kept. Sources are kept too: resuming and regrading need no archive any more.
 *
 * Strings that come out live until the next call on the same statement-like function unless an
 * arena is given. Thread-safety: none; workers must not use it.
 */
#ifndef GRADER_STORE_H
#define GRADER_STORE_H

#include <jansson.h>

#include "batch/order.h"
#include "core/util.h"

struct store;

/* Opens or makes it. ERR_SYSTEM with a sentence when it is no store of ours, damaged, locked by
 * another batch, or on a full disk. */
int store_open(const char *path, struct store **ret, struct err *e);
void store_close(struct store *s);

int store_begin(struct store *s, struct err *e);
int store_commit(struct store *s, struct err *e);
void store_rollback(struct store *s);

/* Settings of the run: inputs, options. get: NULL when unset; lives in `a`. */
int store_set(struct store *s, const char *name, const char *value, struct err *e);
const char *store_get(struct store *s, const char *name, struct arena *a);

/* ---- the class ---- */

struct stored_student {
    int id; /* from 1, in the order of the gradebook */
    const char *name, *number, *email, *submission;
    const char *folder; /* below OUT/students: safe, unique */
};

struct stored_unit {
    int student;
    const char *exercise; /* "08-event" */
    const char *source;   /* hash; NULL: nothing submitted, or `refused` */
    const char *path;     /* its name in the container */
    const char *refused;  /* why it cannot be graded, NULL */
    const char *key;      /* of its result; NULL: not graded yet, or it cannot be */
    const char *reason;   /* why the last try did not grade it, NULL */
    long long when;       /* 0: unknown */
    bool late;            /* by the platform's word */
};

/* Forgets the class of an earlier run; results and sources stay. */
int store_forget_class(struct store *s, struct err *e);
int store_add_student(struct store *s, const struct stored_student *st, struct err *e);
int store_add_unit(struct store *s, const struct stored_unit *u, struct err *e);

/* A sentence about what was found while taking the class in; student 0: nobody's. */
int store_add_note(struct store *s, int student, const char *kind, const char *text,
                   struct err *e);

/* Keeps a source; no bytes (NULL): what is no plain file. */
int store_add_source(struct store *s, const char *hash, const char *text, size_t len,
                     struct err *e);

/* 1 and a malloc'ed copy, or *ret NULL for what is no plain file; 0: unknown; -1. */
int store_source(struct store *s, const char *hash, char **ret, size_t *ret_len, struct err *e);

/* In order; the callback returns 0, or -1 with *e to stop. */
int store_each_student(struct store *s, int (*f)(void *, const struct stored_student *),
                       void *ctx, struct err *e);
int store_each_unit(struct store *s, int student, /* 0: of all, by exercise and source */
                    int (*f)(void *, const struct stored_unit *), void *ctx, struct err *e);
int store_each_note(struct store *s,
                    int (*f)(void *, int student, const char *kind, const char *text),
                    void *ctx, struct err *e);

/* Binds all units of this exercise and source to a result, or says why there is none. */
int store_bind(struct store *s, const char *exercise, const char *source, const char *key,
               const char *reason, struct err *e);

/* ---- results ---- */

bool store_has(struct store *s, const char *key);

/* Keeps a graded unit's result and timing. One transaction. */
int store_put(struct store *s, const char *exercise, const char *key, const json_t *result,
              const json_t *timing, struct err *e);

/* Both belong to the caller. 1, 0: unknown, -1. */
int store_result(struct store *s, const char *key, json_t **ret_result, json_t **ret_timing,
                 struct err *e);

/* What a unit of this exercise takes, from the last ones that were graded; false: unknown. */
bool store_typical(struct store *s, const char *exercise, struct typical *ret);

/* For reports: runs a query of ours, a row a call; columns as text, NULL as "". */
int store_query(struct store *s, const char *sql, const char *argument,
                int (*f)(void *, const char *const *columns, int count), void *ctx,
                struct err *e);

#endif
