/* filewatch.h - has a file been saved? inotify(7) tells when to look, looking tells whether.
 *
 * Where inotify cannot tell (network and shared folders, or none left: LIMITATIONS in its page)
 * one looks more often instead. LOCKSTEP_WATCH=poll asks for that.
 */
#ifndef GRADER_FILEWATCH_H
#define GRADER_FILEWATCH_H

#include <sys/stat.h>

#include "core/util.h"

struct filewatch {
    int events; /* to be polled for reading; -1: only look. Set it to -1 before the first open
                 */
    char *path;
    struct stat seen;
};

/* Watches `path`, which need not exist yet, and nothing else any more. 0, or -1 and *e. */
int filewatch_open(struct filewatch *f, const char *path, struct err *e);
void filewatch_close(struct filewatch *f);

/* What is there now is known from here on. */
void filewatch_seen(struct filewatch *f);

/* Is it another one than was seen? A file that is just missing has not changed yet: editors
 * take one away to put the next in its place. */
bool filewatch_changed(const struct filewatch *f);

/* Takes the events away; ask filewatch_changed() then. */
void filewatch_drain(const struct filewatch *f);

/* Milliseconds to wait at most before looking again. */
int filewatch_patience(const struct filewatch *f);

#endif
