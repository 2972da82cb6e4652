/* share.h - a part of a class in a folder that several machines see: what is to be graded, and
 * one result a unit, put there by whoever graded it. This is the end of who started the batch;
 * a machine that grades has node.h.
 *
 *   OUT/engine-XXXXXX/            0700: the course secret is in it
 *       job.json                  lockstep/share/3: grader's key, tier, memory, secret, and the
 *                                 exercises that occur
 *       units                     a line a unit: exercise, key, source's hash ("-": nothing
 *                                 was submitted)
 *       sources/N/slug.c          as submitted; a folder of that name: no plain file
 *       tasks-A/K                 what task K of attempt A is to grade: index, and its line
 *       results/N.json            batch/unitfile.h, whole or not at all (rename(2))
 *       collected/N.json          the same, when the batch has it
 *       unfit/NAME                why the machine NAME grades nothing of this batch
 *       log, log-K                what the engine's tasks print (ssh's own words, too)
 *       why                       what kept a machine from grading, the last one's words
 *       handle                    how the engine calls what it has started, to end it, and the
 *                                 number of the folder whose it is (stat(2)): a copy's is not
 *       .lockstep-share           that the folder is ours
 */
#ifndef GRADER_SHARE_H
#define GRADER_SHARE_H

#include "batch/key.h"

enum { SHARE_NAME = 64 };

/* A line of `units`, or of a task behind its index. */
struct share_line {
    char exercise[SHARE_NAME], key[KEY_HEX], source[KEY_HEX];
};
struct share_unit {
    int exercise;       /* index into the exercises */
    const char *source; /* the text's hash; NULL: nothing was submitted */
    const char *text;   /* NULL: what was handed in is no plain file, or nothing */
    size_t len;
    const char *key;
};

struct share {
    const char *folder;
    struct arena *a;
    const struct exercise *const *exercises; /* NULL-ended */
    const struct key_base *keys;
    const struct unit_options *unit;
    char **lines; /* by unit, as in `units`, while it is built */
    int count, room;
    bool *used; /* by exercise */
};

/* Makes the folder below `out` (absolute). share_close() removes it. */
int share_open(struct share *s, const char *out, struct err *e);
int share_add(struct share *s, const struct share_unit *u, struct err *e);
/* Writes job.json and units when all are added. */
int share_seal(struct share *s, struct err *e);

/* Frees what it holds and removes the folder, unless it is to be kept: what still runs may be
 * called back by its handle (share_recover). False: a part of it could not be removed. */
bool share_close(struct share *s, bool keep);

/* Takes the job, and the secret in it, out of a share that is kept: no task begins a unit then.
 */
void share_forget(const struct share *s);

/* Writes what the `tasks` tasks of an attempt are to grade, each every tasks-th of the units
 * that are not `done`; how many units that is, -1 with *e. */
int share_tasks(struct share *s, int attempt, const bool *done, long tasks, struct err *e);

/* Where the result of a unit is, or will be; lives in `a`. */
const char *share_result(const struct share *s, int unit);

/* The batch has this result: it need not be looked at again. */
int share_collected(const struct share *s, int unit, struct err *e);

/* The last machine's reason for not grading, "" when none gave one; lives in `a`. */
const char *share_why(const struct share *s);

/* Machines that grade nothing of this, as "n1,n2"; "" when there are none; lives in `a`. */
const char *share_unfit(const struct share *s);

/* Appends a line for each machine that grades nothing of this, "n1: why", and for each that ssh
 * could not reach, in ssh's words. */
void share_complaints(const struct share *s, struct buf *ret);

/* Has any machine been here? When not, the nodes do not see the folder, or not the grader. */
bool share_seen(const struct share *s);

/* What an engine that was killed has left in OUT/engine-*: calls f for each result, then
 * removes the folder; `handle` (may be NULL) is told first what it had started, and says false
 * when that could not be ended: the folder stays then, and -1 with *e. */
int share_recover(const char *out, const char *grader, struct arena *a,
                  bool (*handle)(const char *what),
                  int (*f)(void *ctx, const struct share_line *u, const char *path,
                           struct err *e),
                  void *ctx, struct err *e);

#define SHARE_FORMAT "lockstep/share/3"

enum { SHARE_JOB_MAX = 1 << 20 };

/* False: it is no such line. */
bool share_parse(const char *line, struct share_line *ret);

#endif
