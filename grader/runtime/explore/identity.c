/* identity.c - what belongs to one thread: its keys' values, its name, its attributes.
 *
 * Not its life: thread.c. Keys are forgotten with the schedule; at most KEYS_MAX, as glibc has.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "runtime/explore/sync.h"

/* ---- keys ---- */

struct key {
    bool used;
    void (*destroy)(void *);
};

static struct key keys[KEYS_MAX];
static uint64_t keys_of;

void destroy_keys(struct task *t)
{
    bool any = false;

    for (int i = 0; i < KEYS_MAX && !any && keys_of == W->generation; i++)
        any = t->keys[i] && keys[i].used;
    if (any) /* another thread may delete the key just before */
        step(OP_KEYS, THE_KEYS, 0);
    for (int round = 0, again = 1; again && round < 4; round++) {
        again = 0;
        for (int i = 0; i < KEYS_MAX; i++) {
            void *v = t->keys[i];

            if (!v || keys_of != W->generation || !keys[i].used)
                continue;
            t->keys[i] = NULL;
            if (keys[i].destroy) {
                keys[i].destroy(v);
                again = 1;
            }
        }
    }
}

REPLACES(int, pthread_key_create, pthread_key_t *ret, void (*destroy)(void *))
{
    if (!RUNNING)
        return pthread_key_create(ret, destroy);
    if (keys_of != W->generation) {
        keys_of = W->generation;
        memset(keys, 0, sizeof keys);
    }
    for (unsigned i = 0; i < KEYS_MAX; i++)
        if (!keys[i].used) {
            keys[i] = (struct key){.used = true, .destroy = destroy};
            for (int t = 0; t < W->task_count; t++)
                W->tasks[t].keys[i] = NULL;
            *ret = i;
            return 0;
        }
    return EAGAIN;
}

REPLACES(int, pthread_key_delete, pthread_key_t key)
{
    if (!RUNNING)
        return pthread_key_delete(key);
    step(OP_KEYS, THE_KEYS, CALLER);
    if (key >= KEYS_MAX || keys_of != W->generation || !keys[key].used)
        return EINVAL;
    keys[key].used = false;
    return 0;
}

REPLACES(void *, pthread_getspecific, pthread_key_t key)
{
    if (!RUNNING)
        return pthread_getspecific(key);
    return key < KEYS_MAX ? W->me->keys[key] : NULL;
}

REPLACES(int, pthread_setspecific, pthread_key_t key, const void *value)
{
    if (!RUNNING)
        return pthread_setspecific(key, value);
    if (key >= KEYS_MAX || keys_of != W->generation || !keys[key].used)
        return EINVAL;
    W->me->keys[key] = (void *)value;
    return 0;
}

/* ---- self, names, attributes ---- */

REPLACES(pthread_t, pthread_self, void)
{
    return RUNNING ? (pthread_t)thread_handle(W->me) : pthread_self();
}

REPLACES(int, pthread_setname_np, pthread_t thread, const char *name)
{
    if (!RUNNING)
        return pthread_setname_np(thread, name);
    if (strlen(name) > 15)
        return ERANGE;
    strcpy(task_of(thread, CALLER)->name, name);
    return 0;
}

REPLACES(int, pthread_getname_np, pthread_t thread, char *buf, size_t size)
{
    const struct task *t;

    if (!RUNNING)
        return pthread_getname_np(thread, buf, size);
    t = task_of(thread, CALLER);
    if (strlen(t->name) >= size)
        return ERANGE;
    strcpy(buf, t->name);
    return 0;
}

REPLACES(int, pthread_getattr_np, pthread_t thread, pthread_attr_t *attr)
{
    const struct task *t;

    if (!RUNNING)
        return pthread_getattr_np(thread, attr);
    t = task_of(thread, CALLER);
    pthread_attr_init(attr);
    if (t->fiber && pthread_attr_setstack(attr, t->fiber->stack, FIBER_STACK) != 0)
        return EINVAL;
    pthread_attr_setdetachstate(attr, t->detached ? PTHREAD_CREATE_DETACHED
                                                  : PTHREAD_CREATE_JOINABLE);
    return 0;
}

/* Priorities and cores mean nothing to a scheduler that decides by itself. */
REPLACES(int, pthread_setschedparam, pthread_t t, int policy, const struct sched_param *p)
{
    return RUNNING ? 0 : pthread_setschedparam(t, policy, p);
}

REPLACES(int, pthread_getschedparam, pthread_t t, int *policy, struct sched_param *p)
{
    if (!RUNNING)
        return pthread_getschedparam(t, policy, p);
    *policy = SCHED_OTHER;
    p->sched_priority = 0;
    return 0;
}

REPLACES(int, pthread_setschedprio, pthread_t t, int priority)
{
    if (!RUNNING)
        return pthread_setschedprio(t, priority);
    task_of(t, CALLER);
    return 0;
}

/* Work is counted for all together: time.c. */
REPLACES(int, pthread_getcpuclockid, pthread_t t, clockid_t *clock)
{
    if (!RUNNING)
        return pthread_getcpuclockid(t, clock);
    task_of(t, CALLER);
    *clock = CLOCK_THREAD_CPUTIME_ID;
    return 0;
}

REPLACES(int, pthread_setaffinity_np, pthread_t t, size_t size, const cpu_set_t *set)
{
    return RUNNING ? 0 : pthread_setaffinity_np(t, size, set);
}

REPLACES(int, pthread_getaffinity_np, pthread_t t, size_t size, cpu_set_t *set)
{
    return pthread_getaffinity_np(RUNNING ? pthread_self() : t, size, set);
}
