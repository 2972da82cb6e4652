/* share.h - a part of a class in a folder that several machines see: what is to be graded, and
 * one result a unit, put there by whoever graded it.
 *
 *   OUT/engine-XXXXXX/            0700: the course secret is in it
 *       job.json                  lockstep/share/1: grader's key, secret, units in order
 *       sources/N/slug.c          as submitted
 *       list-A                    the units of attempt A, an index a line
 *       results/N.json            batch/unitfile.h, whole or not at all (rename(2))
 *       why                       what kept a machine from grading, the last one's words
 *       handle                    how the engine calls what it has started, to end it
 *
 * The parent writes and reads all of it; a node (share_work) only adds results. A node whose
 * grader, tools, tier or exercises are others grades nothing: its results would not be the
 * same.
 */
#ifndef GRADER_SHARE_H
#define GRADER_SHARE_H

#include <jansson.h>

#include "batch/key.h"

struct share_unit {
    int exercise;     /* index into the exercises */
    const char *text; /* NULL: what was handed in is no plain file, or nothing */
    size_t len;
    bool missing; /* nothing was submitted */
    const char *key;
};

struct share {
    const char *folder;
    struct arena *a;
    const struct exercise *const *exercises; /* NULL-ended */
    const struct key_base *keys;
    const char *secret;
    json_t *units; /* of job.json, as it grows */
};

/* Makes the folder below `out` (absolute). share_close() removes it. */
int share_open(struct share *s, const char *out, struct err *e);
int share_add(struct share *s, const struct share_unit *u, struct err *e);
/* Writes job.json when all units are added. */
int share_seal(struct share *s, struct err *e);
void share_close(struct share *s);

/* Writes the list of an attempt; returns its path in `a`, NULL with *e. */
const char *share_list(struct share *s, int attempt, const int *units, int count,
                       struct err *e);

/* Where the result of a unit is, or will be. */
const char *share_result(const struct share *s, int unit);

/* The last machine's reason for not grading, "" when none gave one; lives in `a`. */
const char *share_why(const struct share *s);

/* On a node: grades the units of `list` that are `first`, first + `step`, ... in it and have no
 * result yet, several at once as on one machine. The exercises are the course's own. 0: it went
 * through them; -1 and *e. */
int share_work(const char *folder, const char *list, int first, int step,
               const struct course *c, struct err *e);

/* What an engine that was killed has left in OUT/engine-*: calls f for each result, then
 * removes the folder; `handle` (may be NULL) is told first what it had started. */
int share_recover(const char *out, const char *grader, struct arena *a,
                  void (*handle)(void *ctx, const char *what),
                  int (*f)(void *ctx, const char *exercise, const char *key, const char *path,
                           struct err *e),
                  void *ctx, struct err *e);

#endif
