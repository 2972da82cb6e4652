
/* shared_array.c - your solution of exercise 02-shared-array. The contract is in
 * shared_array.h. */
#include "shared_array.h"

#include <errno.h>

// TODO: what must be in memory that all processes see?
struct shared_array {
    int unused;
};

struct shared_array *shared_array_zeroed(char type, size_t n)
{
    // TODO: get memory that a child process shares, every cell zero
    (void)type;
    (void)n;
    errno = ENOSYS;
    return NULL;
}

struct shared_array *shared_array_from_list(char type, const void *list, size_t n)
{
    // TODO
    (void)type;
    (void)list;
    (void)n;
    errno = ENOSYS;
    return NULL;
}

struct shared_array *shared_array_from_text(const char *text)
{
    // TODO
    (void)text;
    errno = ENOSYS;
    return NULL;
}

char shared_array_type(struct shared_array *a)
{
    // TODO
    (void)a;
    errno = ENOSYS;
    return 0;
}

size_t shared_array_len(struct shared_array *a)
{
    // TODO
    (void)a;
    errno = ENOSYS;
    return 0;
}

int shared_array_get(struct shared_array *a, long index, void *ret)
{
    // TODO: check the index first
    (void)a;
    (void)index;
    (void)ret;
    errno = ENOSYS;
    return -1;
}

int shared_array_set(struct shared_array *a, long index, const void *value)
{
    // TODO: check the index first
    (void)a;
    (void)index;
    (void)value;
    errno = ENOSYS;
    return -1;
}

int shared_array_each(struct shared_array *a, int (*visit)(const void *element, void *arg),
                      void *arg)
{
    // TODO: the visitor may use the array, too
    (void)a;
    (void)visit;
    (void)arg;
    errno = ENOSYS;
    return -1;
}

long shared_array_text(struct shared_array *a, char *buf, size_t size)
{
    // TODO: where does a text end that fills every cell?
    (void)a;
    (void)buf;
    (void)size;
    errno = ENOSYS;
    return -1;
}

int shared_array_set_text(struct shared_array *a, const char *text)
{
    // TODO
    (void)a;
    (void)text;
    errno = ENOSYS;
    return -1;
}

void shared_array_close(struct shared_array *a)
{
    // TODO: give back what was taken
    (void)a;
}
