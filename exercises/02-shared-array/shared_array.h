
/* shared_array.h - the contract of exercise 02: a row of cells that several processes share.
 *
 * An array is made before fork(). Afterwards parent and children hold the same cells. It is
 * Python's multiprocessing.Array in C. All cells have one type:
 *
 *   'i'  int        'd'  double        'c'  char (one byte of a text)
 *
 * Frozen: the suite is compiled against this file. Write your code in shared_array.c.
 *
 * Concurrency: every function but shared_array_close() may be called by any process that
 * inherited the array, and by any thread of it, at the same time. A cell, and a text, is read
 * and written whole: nobody sees half of a change.
 */
#ifndef SHARED_ARRAY_H
#define SHARED_ARRAY_H

#include <stddef.h>

struct shared_array; /* you define it in shared_array.c */

/* Three ways to make an array; each process that holds it gives it back with
 * shared_array_close(). Nothing with a name may stay behind (no file, no object in /dev/shm).
 *
 * zeroed     n cells, every one zero
 * from_list  n cells, copied from list[0..n-1], which are of the array's type
 * from_text  type 'c', one cell for each byte of the text, of which there must be one; its
 *            closing zero is not stored
 *
 * NULL with errno set when it cannot be made: EINVAL when the type is none of the three or
 * there would be no cell at all, ENOMEM when there is not that much memory. */
struct shared_array *shared_array_zeroed(char type, size_t n);
struct shared_array *shared_array_from_list(char type, const void *list, size_t n);
struct shared_array *shared_array_from_text(const char *text);

/* 'i', 'd' or 'c'; how many cells. */
char shared_array_type(struct shared_array *a);
size_t shared_array_len(struct shared_array *a);

/* Copies one cell to *ret, or *value into one cell; both point to an element of the array's
 * type. Indexes run from 0 to len-1, or from -1 (the last cell) back to -len.
 * 0, or -1 with errno ERANGE when there is no such cell; then nothing is touched. */
int shared_array_get(struct shared_array *a, long index, void *ret);
int shared_array_set(struct shared_array *a, long index, const void *value);

/* Calls visit(element, arg) for each cell in order; `element` points to a copy of the cell,
 * taken just before the call. Goes on while visit() returns 0; returns what it returned last.
 * visit() may itself use the array, and change it: cells it comes to later are then new. */
int shared_array_each(struct shared_array *a, int (*visit)(const void *element, void *arg),
                      void *arg);

/* Type 'c' only: the cells as one string, up to the first zero byte or all of them. Writes at
 * most size bytes to buf, the last of them always a closing zero (when size is not 0; buf may
 * be NULL when it is). Returns the length of the whole text, which is >= size when it was cut.
 * -1 with errno EINVAL for another type. */
long shared_array_text(struct shared_array *a, char *buf, size_t size);

/* Type 'c' only: replaces the text; cells behind it become zero. 0, or -1 with errno set:
 * EINVAL for another type, ERANGE when the text is longer than the array; then nothing
 * is changed. A text that fills every cell is fine. */
int shared_array_set_text(struct shared_array *a, const char *text);

/* This process is done with the array; NULL is fine. Others may go on using theirs. */
void shared_array_close(struct shared_array *a);

#endif
