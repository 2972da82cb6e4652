/* gate.c - a gate where threads or processes of a test wait until it is opened.
 *
 * What a rendezvous needs: "they overlap" is three at the gate and all of them counted,
 * "it had not returned yet" is a target that waits there. A mutex and a condition variable,
 * both process-shared, so that one kind serves threads and processes; Helgrind sees the order
 * that it makes. Who ends by a signal while at the gate is still counted.
 */
#include <pthread.h>
#include <sys/mman.h>

#include "runtime/harness.h"
#include "runtime/lockstep.h"

struct ls_gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int arrived;
    bool open;
};

void *harness_shared(size_t size)
{
    const int no_file = -1;
    /* cppcheck-suppress invalidFunctionArg ; MAP_ANONYMOUS wants -1 (mmap(2), portable
     * programs) */
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, no_file, 0);

    ck_assert_ptr_ne(p, MAP_FAILED);
    return p;
}

struct ls_gate *ls_gate_new(void)
{
    struct ls_gate *g = harness_shared(sizeof *g);
    pthread_mutexattr_t m;
    pthread_condattr_t c;

    pthread_mutexattr_init(&m);
    pthread_mutexattr_setpshared(&m, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&g->lock, &m);
    pthread_mutexattr_destroy(&m);
    pthread_condattr_init(&c);
    pthread_condattr_setpshared(&c, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&g->changed, &c);
    pthread_condattr_destroy(&c);
    return g;
}

void ls_gate_pass(struct ls_gate *g)
{
    pthread_mutex_lock(&g->lock);
    g->arrived++;
    while (!g->open)
        pthread_cond_wait(&g->changed, &g->lock);
    pthread_mutex_unlock(&g->lock);
}

int ls_gate_arrived(struct ls_gate *g)
{
    int n;

    pthread_mutex_lock(&g->lock);
    n = g->arrived;
    pthread_mutex_unlock(&g->lock);
    return n;
}

void ls_gate_open(struct ls_gate *g)
{
    pthread_mutex_lock(&g->lock);
    g->open = true;
    pthread_cond_broadcast(&g->changed);
    pthread_mutex_unlock(&g->lock);
}

void ls_gate_free(struct ls_gate *g)
{
    munmap(g, sizeof *g);
}
