/* taker.h - one class being taken in: what intake.c, fit.c, take_unit.c and people.c share.
 *
 *   intake.c     inputs, archives, notes about what is left over; the order of all of it
 *   fit.c        which file of somebody is the exercise, by map, folder, name, contents
 *   take_unit.c  one exercise of one student: that file, a question, or the group's
 *   people.c     who is in the class, in the gradebook's order; the roster
 *
 * Inside batch/ only; everybody else includes intake.h.
 */
#ifndef GRADER_TAKER_H
#define GRADER_TAKER_H

#include "batch/candidates.h"
#include "batch/intake.h"
#include "batch/key.h"

struct taker {
    struct intake *in;
    struct store *s;
    struct arena a;
    struct class_list c;
    bool *used; /* by file of c */
    bool *told; /* by file of c: an exercise's note names it */
    int exercise_count;
    const char *refused; /* of the person at hand: an archive that was not unpacked */
    const char **closed; /* by person: what `refused` was */
    const struct roster_row **rows; /* by person; NULL where the roster has none */
};

struct source {
    const char *trouble; /* why it could not be read, NULL */
    char hash[KEY_HEX];
    char *text; /* NULL: no plain file */
    size_t len;
};

struct choice {
    int file; /* index, -1: nothing was submitted */
    const char *ambiguous;
    struct source source;
};

/* Adds a note (intake.h has the kinds); student 0: nobody's. `text` NULL: no memory. */
int taker_note(struct taker *t, int student, const char *kind, const char *text, struct err *e);

/* fit.c: 3: by the map, 2: in its own folder, 1: by its name, 0: it is not. */
int taker_fits(const struct taker *t, const struct owned_file *o, const struct exercise *x);

/* fit.c: reads a file; ret->text belongs to the caller. */
int taker_read(struct taker *t, const char *path, struct source *ret, struct err *e);

/* fit.c: the file that fits best; ret->source.text belongs to the caller. */
int taker_choose(struct taker *t, int owner, const struct exercise *x, struct choice *ret,
                 struct err *e);

/* fit.c: a sentence about a file whose name is right but for capitals, or that stands in
 * another exercise's folder; NULL: there is none. */
const char *taker_nearly(struct taker *t, int owner, const struct exercise *x);

/* fit.c: does the file come with the exercise itself, or with any repository? */
bool taker_is_expected(const struct taker *t, const char *name);

/* fit.c: the file that is likeliest under another name, -1: there is no C at all. *ret_clear:
 * it alone defines all functions. `also_used`: also what was taken for something. */
int taker_find_likely(struct taker *t, int owner, const struct exercise *x, bool also_used,
                      enum likeness *ret_like, bool *ret_clear);

/* take_unit.c */
int taker_unit(struct taker *t, int owner, const struct exercise *x, struct err *e);

/* people.c, in this order. */
int people_add_absent(struct taker *t, struct err *e);
int people_order(struct taker *t, struct err *e);
int people_match_roster(struct taker *t, struct err *e);
int people_store(struct taker *t, struct err *e);

#endif
