/* pack.h - writing one archive, whole or not at all; the format is the name's ending.
 *
 * Over libarchive(3). For what we made ourselves: archives of others are taken apart by
 * lockstep-unpack in the sandbox, never here.
 */
#ifndef GRADER_PACK_H
#define GRADER_PACK_H

#include <archive.h>
#include <time.h>

#include "core/util.h"

struct pack {
    struct archive *z;
    char *path, *next; /* written to `next`, a name of its own, renamed when whole */
    int fd, mode;
    time_t now; /* the time of all that is in it */
};

/* Does the name end in .zip, .tar or .tar.gz? */
bool pack_knows(const char *path);

/* Begins `path`, which will have this mode (0600: it holds a secret). pack_close() after
 * success and failure; an interrupt (keeper_interrupted) is a failure. */
int pack_open(struct pack *p, const char *path, int mode, time_t now, struct err *e);

/* Adds a file with these bytes; `mode` 0600, 0644 or 0755. */
int pack_put(struct pack *p, const char *name, const void *data, size_t len, int mode,
             struct err *e);

/* Adds the tree below `folder` behind `prefix`, in the order of names. `skip` is asked for each
 * path below `folder` ("tests", "tests/unit/main.c"); NULL: all. Links and devices are left
 * out. */
int pack_tree(struct pack *p, const char *folder, const char *prefix,
              bool (*skip)(const char *path), struct err *e);

/* rc 0: makes it appear under its name; else removes what was begun. Returns rc, or -1. */
int pack_close(struct pack *p, int rc, struct err *e);

#endif
