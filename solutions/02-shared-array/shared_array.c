
/* shared_array.c - the reference solution of exercise 02-shared-array.
 *
 * One shared mapping holds everything: a header that says how to read the cells, the lock, and
 * the cells behind it. Whatever a process needs to know is in there, so a child that inherits
 * the pointer has all of it.
 */
#include "shared_array.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

struct shared_array {
    pthread_mutex_t lock;
    size_t n, size, bytes; /* cells, bytes a cell, bytes of the mapping */
    char type;
    _Alignas(double) char cells[];
};

static size_t size_of(char type)
{
    return type == 'i' ? sizeof(int) : type == 'd' ? sizeof(double) : type == 'c' ? 1 : 0;
}

/* PROCESS_SHARED: without it the kernel looks for waiters in this process only. */
static void init_lock(pthread_mutex_t *m)
{
    pthread_mutexattr_t attr;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(m, &attr);
    pthread_mutexattr_destroy(&attr);
}

struct shared_array *shared_array_zeroed(char type, size_t n)
{
    const size_t size = size_of(type), most = SIZE_MAX - sizeof(struct shared_array);
    struct shared_array *a;

    if (size == 0 || n == 0) {
        errno = EINVAL;
        return NULL;
    }
    /* Divided, not multiplied: n * size may wrap around to a small number. */
    if (n > most / size) {
        errno = ENOMEM;
        return NULL;
    }
    /* MAP_SHARED: children made later see the same cells. MAP_ANONYMOUS: no name that could
     * stay behind, and pages that are zero. */
    a = mmap(NULL, sizeof *a + n * size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
             0);
    if (a == MAP_FAILED)
        return NULL;
    init_lock(&a->lock);
    a->n = n;
    a->size = size;
    a->bytes = sizeof *a + n * size;
    a->type = type;
    return a;
}

struct shared_array *shared_array_from_list(char type, const void *list, size_t n)
{
    struct shared_array *a = shared_array_zeroed(type, n);

    if (a)
        memcpy(a->cells, list, n * a->size); /* nobody else has it yet: no lock */
    return a;
}

struct shared_array *shared_array_from_text(const char *text)
{
    return shared_array_from_list('c', text, strlen(text));
}

/* Type and length never change after creation, so they need no lock. */
char shared_array_type(struct shared_array *a)
{
    return a->type;
}

size_t shared_array_len(struct shared_array *a)
{
    return a->n;
}

/* The cell of an index, or NULL with ERANGE. */
static char *cell(struct shared_array *a, long index)
{
    const long n = (long)a->n;

    if (index < 0)
        index += n;
    if (index < 0 || index >= n) {
        errno = ERANGE;
        return NULL;
    }
    return a->cells + (size_t)index * a->size;
}

int shared_array_get(struct shared_array *a, long index, void *ret)
{
    char *c = cell(a, index);

    if (!c)
        return -1;
    pthread_mutex_lock(&a->lock);
    memcpy(ret, c, a->size);
    pthread_mutex_unlock(&a->lock);
    return 0;
}

int shared_array_set(struct shared_array *a, long index, const void *value)
{
    char *c = cell(a, index);

    if (!c)
        return -1;
    pthread_mutex_lock(&a->lock);
    memcpy(c, value, a->size);
    pthread_mutex_unlock(&a->lock);
    return 0;
}

int shared_array_each(struct shared_array *a, int (*visit)(const void *element, void *arg),
                      void *arg)
{
    double element; /* big enough, and aligned, for all three types */
    int rc = 0;

    /* One cell at a time: with the lock held the visitor could not use the array. */
    for (size_t i = 0; i < a->n && rc == 0; i++) {
        shared_array_get(a, (long)i, &element);
        rc = visit(&element, arg);
    }
    return rc;
}

long shared_array_text(struct shared_array *a, char *buf, size_t size)
{
    size_t length, copied;

    if (a->type != 'c') {
        errno = EINVAL;
        return -1;
    }
    /* The lock is held over the whole copy: a text is more than one step. */
    pthread_mutex_lock(&a->lock);
    length = strnlen(a->cells, a->n); /* a full array has no zero byte */
    copied = length < size ? length : size ? size - 1 : 0;
    if (size > 0) {
        memcpy(buf, a->cells, copied);
        buf[copied] = '\0';
    }
    pthread_mutex_unlock(&a->lock);
    return (long)length;
}

int shared_array_set_text(struct shared_array *a, const char *text)
{
    const size_t length = strlen(text);

    if (a->type != 'c' || length > a->n) {
        errno = a->type != 'c' ? EINVAL : ERANGE;
        return -1;
    }
    pthread_mutex_lock(&a->lock);
    memcpy(a->cells, text, length);
    memset(a->cells + length, 0, a->n - length);
    pthread_mutex_unlock(&a->lock);
    return 0;
}

void shared_array_close(struct shared_array *a)
{
    if (a)
        munmap(a, a->bytes); /* not pthread_mutex_destroy(): others may still use it */
}
