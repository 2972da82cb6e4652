/* csvfile.h - somebody else's CSV, of which a few cells change and every other byte stays.
 *
 * RFC 4180 as LMSs write it: ',' or ';' (found out from the header), quotes, CRLF or LF, a byte
 * order mark. Not for writing one from nothing: see escape_csv().
 */
#ifndef GRADER_CSVFILE_H
#define GRADER_CSVFILE_H

#include "core/util.h"

struct csv_cell {
    const char *raw; /* as it stands in the file, quotes included */
    size_t raw_len;
    const char *value; /* without them */
    const char *fresh; /* what it becomes, unquoted; NULL: it stays */
};

struct csv_line {
    struct csv_cell *cells;
    int count;
    const char *end; /* the line break as it stands, "" at the file's end */
    size_t end_len;
};

struct csv_file {
    struct csv_line *lines;
    int count;
    char separator;
    size_t mark; /* bytes before the first cell */
    char *text;  /* the whole file; csv_release() frees it */
    struct arena *a;
};

/* Everything but the text lives in `a`. A quote that never ends is an error with its line. */
int csv_read(const char *path, struct arena *a, struct csv_file *ret, struct err *e);
/* The same, in whatever coding it is (text.h): for reading only. Headers may have blanks
 * around. */
int csv_read_text(const char *path, struct arena *a, struct csv_file *ret, struct err *e);
void csv_release(struct csv_file *f);

/* The column whose header is this, or one of these (NULL-ended); -1. */
int csv_column(const struct csv_file *f, const char *const *names);

/* The cell, or NULL where a line is too short. */
struct csv_cell *csv_at(const struct csv_file *f, int line, int column);

/* The file again, with what is fresh, quoted where it must be. */
void csv_print(const struct csv_file *f, struct buf *ret);

#endif
