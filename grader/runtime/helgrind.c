/* helgrind.c - tells Helgrind of ordering that version 3.19 does not intercept.
 *
 * Without it a correct join with a limit, or a semaphore taken with sem_trywait(), is a false
 * race. The linker's --wrap puts these functions in front of glibc's; each calls the real one,
 * and then says in Helgrind's own words (valgrind/helgrind.h) what it did. Outside Valgrind the
 * requests are a few instructions without effect. Not covered: pthread_cond_clockwait(), whose
 * unlock inside glibc cannot be told apart from here.
 */
#include <pthread.h>
#include <semaphore.h>
#include <time.h>
#include <valgrind/helgrind.h>

#define WRAP(type, name, params)                                                               \
    type __real_##name params;                                                                 \
    type __wrap_##name params;                                                                 \
    type __wrap_##name params

static int joined(int rc, pthread_t thread)
{
    if (rc == 0)
        VALGRIND_DO_CLIENT_REQUEST_STMT(_VG_USERREQ__HG_PTHREAD_JOIN_POST, thread, 0, 0, 0, 0);
    return rc;
}

WRAP(int, pthread_tryjoin_np, (pthread_t thread, void **ret))
{
    return joined(__real_pthread_tryjoin_np(thread, ret), thread);
}

WRAP(int, pthread_timedjoin_np, (pthread_t thread, void **ret, const struct timespec *until))
{
    return joined(__real_pthread_timedjoin_np(thread, ret, until), thread);
}

WRAP(int, pthread_clockjoin_np,
     (pthread_t thread, void **ret, clockid_t clock, const struct timespec *until))
{
    return joined(__real_pthread_clockjoin_np(thread, ret, clock, until), thread);
}

WRAP(int, pthread_mutex_clocklock,
     (pthread_mutex_t * mutex, clockid_t clock, const struct timespec *until))
{
    int rc;

    VALGRIND_HG_MUTEX_LOCK_PRE(mutex, 1);
    rc = __real_pthread_mutex_clocklock(mutex, clock, until);
    if (rc == 0)
        VALGRIND_HG_MUTEX_LOCK_POST(mutex);
    return rc;
}

/* A post happens before whoever takes what it brought. More order than there is, when several
 * post; a missed race is better than a false one. */
WRAP(int, sem_post, (sem_t * sem))
{
    ANNOTATE_HAPPENS_BEFORE(sem);
    return __real_sem_post(sem);
}

static int taken(int rc, sem_t *sem)
{
    if (rc == 0)
        ANNOTATE_HAPPENS_AFTER(sem);
    return rc;
}

WRAP(int, sem_trywait, (sem_t * sem))
{
    return taken(__real_sem_trywait(sem), sem);
}

WRAP(int, sem_timedwait, (sem_t * sem, const struct timespec *until))
{
    return taken(__real_sem_timedwait(sem, until), sem);
}

WRAP(int, sem_clockwait, (sem_t * sem, clockid_t clock, const struct timespec *until))
{
    return taken(__real_sem_clockwait(sem, clock, until), sem);
}
