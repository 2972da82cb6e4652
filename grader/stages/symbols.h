/* symbols.h - the symbols of an object file, read with libelf.
 *
 * Not nm(1): starting it costs more than reading the table. Lines of uses are asked of
 * `nm -l` by the one who needs them.
 */
#ifndef GRADER_SYMBOLS_H
#define GRADER_SYMBOLS_H

#include <stdbool.h>

#include "core/err.h"

struct symbol {
    const char *name; /* valid during the call */
    bool defined;     /* here; else only used */
    bool global;      /* global or weak */
};

/* Calls use() for every named symbol of the object; 0, or -1 when it cannot be read. */
int symbols_each(const char *path, void (*use)(void *ctx, const struct symbol *s), void *ctx,
                 struct err *e);

/* The first thing in an object that C compiled by us never makes: a section that runs by itself
 * or steers the linker, an indirect function, Valgrind's client requests. 1 and *ret (static
 * text, or `name` filled), 0 when there is none, -1 when the object cannot be read. */
int symbols_strange(const char *path, char name[static 64], struct err *e);

/* Bytes that the program's loadable segments take in memory; -1 when it cannot be read. */
long long symbols_load_size(const char *path, struct err *e);

#endif
