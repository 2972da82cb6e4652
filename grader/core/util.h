/* util.h - the few things C lacks that every room needs: scope clean-up, whole-file
 * reads and writes, a growable string, and an arena.
 *
 * Not a general library: what only one module needs lives there.
 *
 * Thread-safety: no hidden state; an object belongs to the thread that uses it.
 */
#ifndef GRADER_UTIL_H
#define GRADER_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/err.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static inline void util_free(void *p)
{
    free(*(void **)p);
}

static inline void util_close(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* Freed or closed when the variable leaves its scope. */
#define auto_free __attribute__((cleanup(util_free)))
#define auto_close __attribute__((cleanup(util_close)))

/* Takes the value out of an auto_* variable, which then cleans up nothing. */
static inline void *steal_ptr(void *p)
{
    void **pp = p, *v = *pp;

    *pp = NULL;
    return v;
}

static inline int steal_fd(int *fd)
{
    int v = *fd;

    *fd = -1;
    return v;
}

/* Reads a whole regular file of at most `max` bytes. *ret is malloc'ed, has a NUL
 * behind its last byte, and belongs to the caller; ret_len may be NULL. */
int slurp(const char *path, size_t max, char **ret, size_t *ret_len, struct err *e);

/* Writes a file whole or not at all: a temporary name beside it, fsync, rename. */
int write_whole(const char *path, const void *data, size_t len, struct err *e);

/* Writes a file in place, for work folders that nobody else sees. */
int write_plain(const char *path, const void *data, size_t len, struct err *e);

/* Makes a folder and its parents. One that exists is fine. */
int make_dirs(const char *path, struct err *e);

/* Removes a tree without following symbolic links. A missing path is fine. */
int remove_tree(const char *path, struct err *e);

/* Writes all of it, again after EINTR; -1 with errno. */
int write_all(int fd, const void *data, size_t len);

/* A strict whole number in [lo, hi]; nothing but digits and a sign is accepted. */
bool parse_long(const char *s, long lo, long hi, long *ret);

/* CLOCK_MONOTONIC in seconds. For limits and progress, never for a verdict's text. */
double now_s(void);

/* A growable string. `data` is never NULL after the first append that succeeded;
 * a failed append sets `failed` and later ones do nothing (like stdio's ferror). */
struct buf {
    char *data;
    size_t len, cap;
    bool failed;
};

void buf_add(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_release(struct buf *b);

/* An arena: everything that belongs to one graded unit, freed together.
 * A failed allocation returns NULL and leaves `failed` set, so a stage may check once
 * at its end; strings that come out NULL are treated as missing by every report. */
struct arena {
    struct arena_block *blocks;
    bool failed;
};

void *arena_zalloc(struct arena *a, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void arena_release(struct arena *a);

#endif
