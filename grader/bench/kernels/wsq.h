/* wsq.h - the body of wsq_*.c: a work-stealing queue after Frigo, Leiserson, Randall (PLDI 1998).
 * The owner pushes and pops at the tail, a thief steals at the head; each item must go to
 * exactly one of them. VERSION says what guards the case of one item left. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

enum { SIZE = 8, ITEMS = 4 };

static atomic_int head, tail;
static atomic_int got[ITEMS];
static atomic_int items[SIZE];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int state; /* VERSION 3: 0 free, 1 somebody is inside */

static void enter(void)
{
#if VERSION == 3
    int zero = 0;

    while (!atomic_compare_exchange_strong(&state, &zero, 1))
        zero = 0;
#else
    pthread_mutex_lock(&lock);
#endif
}

static void leave(void)
{
#if VERSION == 3
    atomic_store(&state, 0);
#else
    pthread_mutex_unlock(&lock);
#endif
}

static void push(int v)
{
    const int t = tail;

    items[t % SIZE] = v;
    tail = t + 1;
}

/* The owner announces the pop by moving the tail, and needs the lock only when the thief may be at
 * the same item. The wrong versions look at the head before the announcement, or not at all. */
static int pop(int *v)
{
    int t = tail - 1, rc = 0;

#if defined CORRECT || VERSION == 1
    enter();
    tail = t;
#elif VERSION == 2
    if (head < t) { /* room enough, it seems; the thief may come before the tail has moved */
        *v = items[t % SIZE];
        tail = t;
        return 1;
    }
    enter();
    tail = t;
#else
    tail = t;
    if (head <= t) {
        *v = items[t % SIZE];
        return 1;
    }
    enter();
#endif
    if (head <= t) {
        *v = items[t % SIZE];
        rc = 1;
    } else {
        tail = t + 1;
    }
    leave();
    return rc;
}

static int steal(int *v)
{
    int h, rc = 0;

#if defined CORRECT || VERSION != 1
    enter();
#endif
    h = head;
#if VERSION == 4 && !defined CORRECT
    leave();
    enter();
#endif
    if (h < tail) {
        *v = items[h % SIZE];
        head = h + 1;
        rc = 1;
    }
#if defined CORRECT || VERSION != 1
    leave();
#endif
    return rc;
}

static void *thief(void *arg)
{
    int v;

    for (int i = 0; i < ITEMS; i++)
        if (steal(&v))
            got[v]++;
    return arg;
}

int main(void)
{
    pthread_t t;
    int v;

    pthread_create(&t, NULL, thief, NULL);
    for (int i = 0; i < ITEMS; i += 2) {
        push(i);
        push(i + 1);
        if (pop(&v))
            got[v]++;
    }
    while (pop(&v))
        got[v]++;
    pthread_join(t, NULL);
    for (int i = 0; i < ITEMS; i++)
        assert(got[i] <= 1);
    return 0;
}
