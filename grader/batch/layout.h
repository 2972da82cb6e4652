/* layout.h - whose is a file? The layouts in which classes are handed over, recognised by their
 * names; identity comes from these alone, never from inside a submission.
 *
 *   folders     NAME/...  or  NAME.zip, NAME.tar.gz, ...
 *   moodle      "Full Name_ID_assignsubmission_file_/..." or flat, with _ for /
 *   canvas      "lovelaceada[_LATE]_USER_ATTACHMENT_file.c", flat
 *   gradescope  submission_metadata.yml beside submission_ID/...
 *   classroom   SLUG-submissions/SLUG-username/..., as `gh classroom clone student-repos` makes
 *
 * What a layout's rules do not explain is left without an owner, and listed.
 */
#ifndef GRADER_LAYOUT_H
#define GRADER_LAYOUT_H

#include "batch/filelist.h"

/* X(constant, name) */
#define LAYOUTS(X)                                                                             \
    X(FOLDERS, "folders")                                                                      \
    X(MOODLE, "moodle")                                                                        \
    X(CANVAS, "canvas")                                                                        \
    X(GRADESCOPE, "gradescope")                                                                \
    X(CLASSROOM, "classroom")

enum layout {
#define X(constant, name) LAYOUT_##constant,
    LAYOUTS(X)
#undef X
        LAYOUT_COUNT
};

const char *layout_name(enum layout l);
bool layout_parse(const char *name, enum layout *ret);

/* Who handed something in. `number` is the platform's own: Moodle's participant, Canvas's user,
 * Gradescope's SID; "" where there is none. */
struct handed_by {
    const char *name, *number, *email;
    const char *submission; /* Gradescope: "submission_17"; several people may share it */
};

/* A file with its owner: `rest` is its name without what names the owner. */
struct owned_file {
    const struct handed_file *file;
    const char *rest;
    int owner;   /* index into people, -1: nobody's */
    bool late;   /* the platform says so */
    bool flat;   /* '/' may stand as '_' in rest */
    int version; /* a resubmission's number, higher is later; 0: the first */
};

struct class_list {
    enum layout layout;
    struct handed_by *people;
    int people_count;
    struct owned_file *files;
    int file_count;
    const char *const *edits; /* NULL-ended: names that belong to an exercise ("event.c") */
    const char *const *ids;   /* NULL-ended: the exercises' folders ("08-event") */
};

/* Which layout do these names have? `base` is the input's own name without its folders, `whole`
 * says that it is one archive. FOLDERS when no other fits. */
enum layout layout_guess(const struct filelist *l, const char *base);

/* Sorts the files of one input to people, adding to *c. `base` as above. */
int layout_sort(const struct filelist *l, enum layout layout, const char *base, bool archive,
                struct class_list *c, struct err *e);

/* Gradescope's submission_metadata.yml: who submitted "submission_17", and when (gradescope.c).
 */
enum { GROUP_MAX = 32 };

struct gradescope_entry {
    const char *folder;
    struct handed_by people[GROUP_MAX];
    int people_count;
    bool too_many;
    time_t created; /* 0: not said */
};
int gradescope_read(const char *path, struct arena *a, struct gradescope_entry **ret,
                    int *ret_count, struct err *e);

#endif
