/* c11.c - <threads.h> on top of the pthread replacements, as glibc builds it on its own.
 *
 * mtx_t, cnd_t, tss_t and once_flag have the layout of their pthread cousins in glibc.
 */
#include <errno.h>
#include <stdlib.h>
#include <threads.h>

#include "runtime/explore/sync.h"

int ls_x_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int ls_x_pthread_join(pthread_t, void **);
int ls_x_pthread_detach(pthread_t);
void ls_x_pthread_exit(void *) __attribute__((noreturn));
pthread_t ls_x_pthread_self(void);
int ls_x_pthread_mutex_init(pthread_mutex_t *, const pthread_mutexattr_t *);
int ls_x_pthread_mutex_lock(pthread_mutex_t *);
int ls_x_pthread_mutex_trylock(pthread_mutex_t *);
int ls_x_pthread_mutex_timedlock(pthread_mutex_t *, const struct timespec *);
int ls_x_pthread_mutex_unlock(pthread_mutex_t *);
int ls_x_pthread_mutex_destroy(pthread_mutex_t *);
int ls_x_pthread_cond_init(pthread_cond_t *, const pthread_condattr_t *);
int ls_x_pthread_cond_wait(pthread_cond_t *, pthread_mutex_t *);
int ls_x_pthread_cond_timedwait(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
int ls_x_pthread_cond_signal(pthread_cond_t *);
int ls_x_pthread_cond_broadcast(pthread_cond_t *);
int ls_x_pthread_cond_destroy(pthread_cond_t *);
int ls_x_pthread_once(pthread_once_t *, void (*)(void));
int ls_x_pthread_key_create(pthread_key_t *, void (*)(void *));
int ls_x_pthread_key_delete(pthread_key_t);
void *ls_x_pthread_getspecific(pthread_key_t);
int ls_x_pthread_setspecific(pthread_key_t, const void *);
int ls_x_nanosleep(const struct timespec *, struct timespec *);
int ls_x_sched_yield(void);

static int answer(int rc)
{
    switch (rc) {
    case 0:
        return thrd_success;
    case EBUSY:
        return thrd_busy;
    case ETIMEDOUT:
        return thrd_timedout;
    case ENOMEM:
        return thrd_nomem;
    default:
        return thrd_error;
    }
}

/* Runs a pthread call as if the program had made it right here. */
#define AS_CALLER(call)                                                                        \
    do {                                                                                       \
        struct task *me_ = W ? W->me : NULL;                                                   \
        int rc_;                                                                               \
        if (me_)                                                                               \
            me_->as_caller = (uintptr_t)__builtin_return_address(0);                           \
        rc_ = (call);                                                                          \
        if (me_)                                                                               \
            me_->as_caller = 0;                                                                \
        return answer(rc_);                                                                    \
    } while (0)

struct thrd_call {
    thrd_start_t start;
    void *arg;
};

static void *thrd_body(void *p)
{
    struct thrd_call c = *(struct thrd_call *)p;

    return (void *)(intptr_t)c.start(c.arg);
}

REPLACES(int, thrd_create, thrd_t *t, thrd_start_t start, void *arg)
{
    struct thrd_call *c = RUNNING ? scratch_alloc(sizeof *c) : malloc(sizeof *c);

    if (!c)
        return thrd_nomem;
    *c = (struct thrd_call){start, arg};
    AS_CALLER(ls_x_pthread_create(t, NULL, thrd_body, c));
}

REPLACES(int, thrd_join, thrd_t t, int *ret)
{
    struct task *me = W ? W->me : NULL;
    void *result = NULL;
    int rc;

    if (me)
        me->as_caller = (uintptr_t)__builtin_return_address(0);
    rc = ls_x_pthread_join(t, &result);
    if (me)
        me->as_caller = 0;
    if (rc == 0 && ret)
        *ret = (int)(intptr_t)result;
    return answer(rc);
}

REPLACES(int, thrd_detach, thrd_t t)
{
    AS_CALLER(ls_x_pthread_detach(t));
}

REPLACES(void, thrd_exit, int result)
{
    ls_x_pthread_exit((void *)(intptr_t)result);
}

REPLACES(thrd_t, thrd_current, void)
{
    return ls_x_pthread_self();
}

REPLACES(void, thrd_yield, void)
{
    ls_x_sched_yield();
}

REPLACES(int, thrd_sleep, const struct timespec *t, struct timespec *left)
{
    return ls_x_nanosleep(t, left) == 0 ? 0 : -1;
}

REPLACES(int, mtx_init, mtx_t *m, int type)
{
    pthread_mutexattr_t a;

    pthread_mutexattr_init(&a);
    if (type & mtx_recursive)
        pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
    AS_CALLER(ls_x_pthread_mutex_init((pthread_mutex_t *)m, &a));
}

REPLACES(int, mtx_lock, mtx_t *m)
{
    AS_CALLER(ls_x_pthread_mutex_lock((pthread_mutex_t *)m));
}

REPLACES(int, mtx_trylock, mtx_t *m)
{
    AS_CALLER(ls_x_pthread_mutex_trylock((pthread_mutex_t *)m));
}

REPLACES(int, mtx_timedlock, mtx_t *m, const struct timespec *t)
{
    AS_CALLER(ls_x_pthread_mutex_timedlock((pthread_mutex_t *)m, t));
}

REPLACES(int, mtx_unlock, mtx_t *m)
{
    AS_CALLER(ls_x_pthread_mutex_unlock((pthread_mutex_t *)m));
}

REPLACES(void, mtx_destroy, mtx_t *m)
{
    ls_x_pthread_mutex_destroy((pthread_mutex_t *)m);
}

REPLACES(int, cnd_init, cnd_t *c)
{
    AS_CALLER(ls_x_pthread_cond_init((pthread_cond_t *)c, NULL));
}

REPLACES(int, cnd_wait, cnd_t *c, mtx_t *m)
{
    AS_CALLER(ls_x_pthread_cond_wait((pthread_cond_t *)c, (pthread_mutex_t *)m));
}

REPLACES(int, cnd_timedwait, cnd_t *c, mtx_t *m, const struct timespec *t)
{
    AS_CALLER(ls_x_pthread_cond_timedwait((pthread_cond_t *)c, (pthread_mutex_t *)m, t));
}

REPLACES(int, cnd_signal, cnd_t *c)
{
    AS_CALLER(ls_x_pthread_cond_signal((pthread_cond_t *)c));
}

REPLACES(int, cnd_broadcast, cnd_t *c)
{
    AS_CALLER(ls_x_pthread_cond_broadcast((pthread_cond_t *)c));
}

REPLACES(void, cnd_destroy, cnd_t *c)
{
    ls_x_pthread_cond_destroy((pthread_cond_t *)c);
}

REPLACES(void, call_once, once_flag *flag, void (*init)(void))
{
    ls_x_pthread_once((pthread_once_t *)flag, init);
}

REPLACES(int, tss_create, tss_t *key, tss_dtor_t destroy)
{
    return answer(ls_x_pthread_key_create(key, destroy));
}

REPLACES(void, tss_delete, tss_t key)
{
    ls_x_pthread_key_delete(key);
}

REPLACES(void *, tss_get, tss_t key)
{
    return ls_x_pthread_getspecific(key);
}

REPLACES(int, tss_set, tss_t key, void *value)
{
    return answer(ls_x_pthread_setspecific(key, value));
}
