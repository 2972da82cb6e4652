/* filelist.h - what was handed in, as one flat list of names and contents: from a folder, or
 * from an archive taken apart in the sandbox.
 *
 * Says nothing of whose a file is (layout.h). Names are the container's own, with '/' between
 * their parts; a byte that is no UTF-8 or a control becomes \xNN, so different names stay
 * different. Links are never followed.
 */
#ifndef GRADER_FILELIST_H
#define GRADER_FILELIST_H

#include <time.h>

#include "core/util.h"

enum { HANDED_FILE_MAX = 1 << 20, HANDED_ARCHIVE_MAX = 16 << 20 };

struct handed_file {
    const char *name;    /* "Ada_7_assignsubmission_file_/event.c"; a folder's ends with '/' */
    const char *content; /* where its bytes are; NULL: not a plain file, or too large */
    const char *trouble; /* why it could not be looked at; NULL */
    time_t when;         /* the container's word on when it came; 0: none */
};

struct filelist {
    struct handed_file *files;
    int count, room;
    struct arena *a; /* everything above lives here */
};

/* The part of a path behind its last '/'. */
const char *filelist_base(const char *name);

/* Has the name an archive's ending (.zip, .tar, .tar.gz, .tgz, .tar.bz2, .tar.xz, .tar.zst,
 * .7z, .rar)?
 * The ending's length, or 0. */
size_t archive_ending(const char *name);

/* Adds what lies below `dir`, hidden names left out, each name behind `prefix`. */
int filelist_folder(struct filelist *l, const char *dir, const char *prefix, struct err *e);

/* Takes an archive apart into a new folder below `work` and adds its files behind `prefix`.
 * `runtime` holds lockstep-unpack. 1: done; 0: refused, *why says which entry and why (in the
 * list's arena); -1: the grader could not. `whole_class`: a container, which may be large. */
int filelist_archive(struct filelist *l, const char *runtime, const char *path,
                     const char *prefix, const char *work, bool whole_class, const char **why,
                     struct err *e);

#endif
