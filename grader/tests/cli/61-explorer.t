#!/bin/sh
# 61-explorer.t - small programs against the explorer: what each must, and must not, be told.
#
# Each program states the exact set of verdicts ("none" = clean); anything else is a failure. They
# are the runtime's hostile tests: crashes, misuse, cancellation, budgets, C11 orders.
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"
# shellcheck source=grader/tests/prog.sh
. "$(dirname "$0")/../prog.sh"

# ---- clean ones ---------------------------------------------------------------------------------

prog sixty-four-threads none 30 <<'X'
static int n;
static pthread_barrier_t b;
static void *f(void *a) { pthread_barrier_wait(&b); LOCK(m); n++; UNLOCK(m); return a; }
int main(void) {
    pthread_t t[64];
    pthread_barrier_init(&b, NULL, 64);
    for (int i = 0; i < 64; i++) GO(t[i], f, NULL);
    for (int i = 0; i < 64; i++) END(t[i]);
    assert(n == 64);
    return 0;
}
X
prog a-million-steps none 2 <<'X'
static long n;
static void *f(void *a) { for (int i = 0; i < 60000; i++) { LOCK(m); n++; UNLOCK(m); } return a; }
int main(void) { pthread_t s, t; GO(s, f, 0); GO(t, f, 0); END(s); END(t); assert(n == 120000); return 0; }
X
prog threads-one-after-the-other none 3 <<'X'
static int n;
static void *f(void *a) { n++; return a; }
int main(void) { for (int i = 0; i < 400; i++) { pthread_t t; GO(t, f, 0); END(t); } assert(n == 400); return 0; }
X
prog no-memory none <<'X'
int main(void) {
    volatile size_t huge = (size_t)1 << 45;
    void *p = malloc(huge);
    assert(!p && errno == ENOMEM);
    p = malloc(100); p = realloc(p, 1000); free(p); free(NULL);
    p = calloc(10, 10); assert(((char *)p)[99] == 0); free(p);
    return 0;
}
X
prog exit-in-the-middle none <<'X'
static void *f(void *a) { LOCK(m); for (;;) pthread_cond_wait(&c, &m); return a; }
static void *g(void *a) { LOCK(m); exit(0); return a; }
int main(void) { pthread_t s, t; GO(s, f, 0); GO(t, g, 0); END(s); return 0; }
X
prog exit-of-main-thread none <<'X'
static int n;
static void *f(void *a) { n = 1; return a; }
int main(void) { pthread_t t; GO(t, f, 0); pthread_detach(t); pthread_exit(NULL); }
X
prog signal-to-a-thread none <<'X'
static volatile sig_atomic_t seen;
static void h(int s) { seen = s; }
static void *f(void *a) { while (!seen) usleep(1000); return a; }
int main(void) {
    struct sigaction sa = {.sa_handler = h};
    pthread_t t;
    sigaction(SIGUSR1, &sa, NULL);
    GO(t, f, 0);
    assert(pthread_kill(t, 0) == 0 && pthread_kill(t, SIGUSR1) == 0);
    END(t);
    assert(seen == SIGUSR1);
    return 0;
}
X
prog nested-cleanup none <<'X'
static int order;
static void one(void *a) { order = order * 10 + 1; (void)a; }
static void two(void *a) { order = order * 10 + 2; (void)a; }
static void unlock(void *a) { UNLOCK(m); (void)a; }
static void *f(void *a) {
    pthread_cleanup_push(one, NULL);
    pthread_cleanup_push(two, NULL);
    LOCK(m);
    pthread_cleanup_push(unlock, NULL);
    for (;;) pthread_cond_wait(&c, &m);
    pthread_cleanup_pop(1);
    pthread_cleanup_pop(1);
    pthread_cleanup_pop(1);
    return a;
}
int main(void) {
    pthread_t t; void *r;
    GO(t, f, 0);
    pthread_cancel(t);
    pthread_join(t, &r);
    assert(r == PTHREAD_CANCELED);
    assert(order == 21 || order == 0); /* cancelled before it began: nothing to clean up */
    LOCK(m); UNLOCK(m);
    return 0;
}
X
prog cleanup-by-exit-and-pop none <<'X'
static int n;
static void add(void *a) { n += *(int *)a; }
static void *f(void *a) {
    int one = 1, ten = 10;
    pthread_cleanup_push(add, &one);
    pthread_cleanup_push(add, &ten);
    pthread_cleanup_pop(0);
    if (a) pthread_exit(a);
    pthread_cleanup_pop(1);
    return NULL;
}
int main(void) { pthread_t t; void *r; GO(t, f, &n); pthread_join(t, &r); assert(r == &n && n == 1); return 0; }
X
prog keys-and-destructors none <<'X'
static pthread_key_t k;
static atomic_int freed;
static void d(void *p) { free(p); freed++; }
static void *f(void *a) { int *p = malloc(4); *p = 7; pthread_setspecific(k, p); assert(*(int *)pthread_getspecific(k) == 7); return a; }
int main(void) { pthread_t s, t; pthread_key_create(&k, d); GO(s, f, 0); GO(t, f, 0); END(s); END(t); assert(freed == 2 && !pthread_getspecific(k)); return 0; }
X
prog thread-local none <<'X'
static __thread int mine;
static void *f(void *a) { mine += (int)(long)a; errno = mine; pthread_testcancel(); assert(mine == (int)(long)a && errno == mine); return NULL; }
int main(void) { pthread_t s, t; GO(s, f, (void *)1); GO(t, f, (void *)2); END(s); END(t); assert(mine == 0); return 0; }
X
prog once-is-once none <<'X'
static pthread_once_t o = PTHREAD_ONCE_INIT;
static int n;
static void init(void) { n++; }
static void *f(void *a) { pthread_once(&o, init); assert(n == 1); return a; }
int main(void) { pthread_t s, t; GO(s, f, 0); GO(t, f, 0); END(s); END(t); return 0; }
X
prog every-kind-of-mutex none <<'X'
static pthread_mutex_t r = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP, e = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
int main(void) {
    pthread_mutexattr_t a; pthread_mutex_t p; struct timespec t;
    LOCK(r); LOCK(r); assert(pthread_mutex_trylock(&r) == 0); UNLOCK(r); UNLOCK(r); UNLOCK(r);
    assert(UNLOCK(r) == EPERM);
    LOCK(e); assert(LOCK(e) == EDEADLK); UNLOCK(e); assert(UNLOCK(e) == EPERM);
    pthread_mutexattr_init(&a); pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&p, &a); LOCK(p); assert(pthread_mutex_trylock(&p) == EBUSY); UNLOCK(p); pthread_mutex_destroy(&p);
    LOCK(m); clock_gettime(CLOCK_REALTIME, &t); t.tv_sec += 5;
    assert(pthread_mutex_timedlock(&m, &t) == ETIMEDOUT); UNLOCK(m);
    return 0;
}
X
prog robust-mutex none <<'X'
static pthread_mutex_t r;
static void *f(void *a) { LOCK(r); return a; }
int main(void) {
    pthread_mutexattr_t a; pthread_t t;
    pthread_mutexattr_init(&a); pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&r, &a);
    GO(t, f, 0); END(t);
    assert(LOCK(r) == EOWNERDEAD && pthread_mutex_consistent(&r) == 0); UNLOCK(r);
    assert(LOCK(r) == 0); UNLOCK(r);
    return 0;
}
X
prog virtual-time none 300 0 <<'X'
static void *f(void *a) { sleep(3); return a; }
int main(void) {
    pthread_t t[5]; struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int i = 0; i < 5; i++) GO(t[i], f, 0);
    for (int i = 0; i < 5; i++) END(t[i]);
    clock_gettime(CLOCK_MONOTONIC, &b);
    assert(b.tv_sec - a.tv_sec == 3);
    a.tv_sec = 0; a.tv_nsec = 1000;
    LOCK(m); clock_gettime(CLOCK_REALTIME, &a); a.tv_sec += 3600;
    int rc; do rc = pthread_cond_timedwait(&c, &m, &a); while (rc == 0);
    assert(rc == ETIMEDOUT); UNLOCK(m);
    clock_gettime(CLOCK_MONOTONIC, &a); assert(a.tv_sec - b.tv_sec >= 3600);
    return 0;
}
X
prog readers-and-writers none <<'X'
static pthread_rwlock_t l = PTHREAD_RWLOCK_INITIALIZER;
static int a, b;
static void *w(void *x) { pthread_rwlock_wrlock(&l); a++; b++; pthread_rwlock_unlock(&l); return x; }
static void *r(void *x) { pthread_rwlock_rdlock(&l); assert(a == b); pthread_rwlock_unlock(&l); return x; }
int main(void) { pthread_t t[4]; for (int i = 0; i < 4; i++) GO(t[i], i % 2 ? w : r, 0); for (int i = 0; i < 4; i++) END(t[i]); return 0; }
X
prog spin-locks none <<'X'
static pthread_spinlock_t l; static int n;
static void *f(void *x) { pthread_spin_lock(&l); n++; pthread_spin_unlock(&l); return x; }
int main(void) { pthread_t s, t; pthread_spin_init(&l, 0); GO(s, f, 0); GO(t, f, 0); END(s); END(t); assert(n == 2); pthread_spin_destroy(&l); return 0; }
X
prog home-made-spin-lock none <<'X'
static atomic_flag l = ATOMIC_FLAG_INIT; static int n;
static void *f(void *x) { for (int i = 0; i < 2; i++) { while (atomic_flag_test_and_set_explicit(&l, memory_order_acquire)) ; n++; atomic_flag_clear_explicit(&l, memory_order_release); } return x; }
int main(void) { pthread_t t[3]; for (int i = 0; i < 3; i++) GO(t[i], f, 0); for (int i = 0; i < 3; i++) END(t[i]); assert(n == 6); return 0; }
X
prog c11-threads none <<'X'
static mtx_t l; static cnd_t d; static int n; static tss_t k; static once_flag o = ONCE_FLAG_INIT;
static void init(void) { n = 10; }
static int f(void *x) { call_once(&o, init); tss_set(k, x); mtx_lock(&l); n++; cnd_signal(&d); mtx_unlock(&l); return tss_get(k) == x ? 5 : 6; }
int main(void) { thrd_t t; int r; mtx_init(&l, mtx_plain); cnd_init(&d); tss_create(&k, NULL); thrd_create(&t, f, &n);
    call_once(&o, init); mtx_lock(&l); while (n < 11) cnd_wait(&d, &l); mtx_unlock(&l); thrd_join(t, &r); assert(r == 5); return 0; }
X
prog names-and-self none <<'X'
static void *f(void *x) { char b[16]; pthread_setname_np(pthread_self(), "worker"); pthread_getname_np(pthread_self(), b, sizeof b); assert(!strcmp(b, "worker")); return (void *)pthread_self(); }
int main(void) { pthread_t t; void *r; GO(t, f, 0); pthread_join(t, &r); assert(pthread_equal((pthread_t)r, t) && !pthread_equal(t, pthread_self())); return 0; }
X
prog timed-and-try-join none 300 0 <<'X'
static void *f(void *x) { sleep(2); return x; }
int main(void) { pthread_t t; struct timespec a; GO(t, f, 0); assert(pthread_tryjoin_np(t, NULL) == EBUSY);
    clock_gettime(CLOCK_REALTIME, &a); a.tv_sec += 1; assert(pthread_timedjoin_np(t, NULL, &a) == ETIMEDOUT);
    a.tv_sec += 5; assert(pthread_timedjoin_np(t, NULL, &a) == 0); return 0; }
X
prog release-and-acquire none <<'X'
static int data; static atomic_int ready;
static void *f(void *x) { data = 42; atomic_store_explicit(&ready, 1, memory_order_release); return x; }
int main(void) { pthread_t t; GO(t, f, 0); while (!atomic_load_explicit(&ready, memory_order_acquire)) ; assert(data == 42); END(t); return 0; }
X
prog fences none <<'X'
static int data; static atomic_int ready;
static void *f(void *x) { data = 42; atomic_thread_fence(memory_order_release); atomic_store_explicit(&ready, 1, memory_order_relaxed); return x; }
int main(void) { pthread_t t; GO(t, f, 0); while (!atomic_load_explicit(&ready, memory_order_relaxed)) ; atomic_thread_fence(memory_order_acquire); assert(data == 42); END(t); return 0; }
X
prog release-sequence none <<'X'
static int data; static atomic_int n;
static void *f(void *x) { data = 1; atomic_store_explicit(&n, 1, memory_order_release); return x; }
static void *g(void *x) { int one = 1; atomic_compare_exchange_strong_explicit(&n, &one, 2, memory_order_relaxed, memory_order_relaxed); return x; }
int main(void) { pthread_t s, t; GO(s, f, 0); GO(t, g, 0); if (atomic_load_explicit(&n, memory_order_acquire) == 2) assert(data == 1); END(s); END(t); return 0; }
X
prog semaphore-hands-over none <<'X'
static sem_t s; static int data;
static void *f(void *x) { data = 1; sem_post(&s); return x; }
int main(void) { pthread_t t; int v; sem_init(&s, 0, 0); GO(t, f, 0); while (sem_wait(&s) < 0) ; assert(data == 1); END(t); sem_getvalue(&s, &v); assert(v == 0); sem_destroy(&s); return 0; }
X
prog handed-on-by-create-and-join none <<'X'
static int n;
static void *f(void *x) { n++; return x; }
int main(void) { pthread_t t; n = 1; GO(t, f, 0); END(t); n++; assert(n == 3); return 0; }
X
prog bytes-side-by-side none <<'X'
static char b[4];
static void *f(void *x) { b[(long)x] = 1; return NULL; }
int main(void) { pthread_t t[4]; for (long i = 0; i < 4; i++) GO(t[i], f, (void *)i); for (int i = 0; i < 4; i++) END(t[i]); return 0; }
X

# ---- wrong ones -----------------------------------------------------------------------------------

prog relaxed-flag data-race <<'X'
static int data; static atomic_int ready;
static void *f(void *x) { data = 42; atomic_store_explicit(&ready, 1, memory_order_relaxed); return x; }
int main(void) { pthread_t t; GO(t, f, 0); while (!atomic_load_explicit(&ready, memory_order_relaxed)) ; data++; END(t); return 0; }
X
prog plain-flag data-race <<'X'
static int ready;
static void *f(void *x) { ready = 1; return x; }
int main(void) { pthread_t t; GO(t, f, 0); while (!ready) ; END(t); return 0; }
X
prog one-token-too-many data-race <<'X'
static sem_t s; static int data;
static void *f(void *x) { data = 1; sem_post(&s); return x; }
int main(void) { pthread_t t; sem_init(&s, 0, 1); GO(t, f, 0); sem_wait(&s); data++; END(t); return 0; }
X
prog strings-race data-race <<'X'
static char s[16];
static void *f(void *x) { strcpy(s, x); return NULL; }
int main(void) { pthread_t a, b; GO(a, f, "one"); GO(b, f, "two"); END(a); END(b); return 0; }
X
prog structs-race data-race <<'X'
struct big { long a, b, c, d; }; static struct big x, y, z;
static void *f(void *p) { z = *(struct big *)p; return NULL; }
int main(void) { pthread_t a, b; GO(a, f, &x); GO(b, f, &y); END(a); END(b); return 0; }
X
prog exit-status wrong-result <<'X'
static void *f(void *x) { exit(3); return x; }
int main(void) { pthread_t t; GO(t, f, 0); END(t); return 0; }
X
prog null-pointer crash <<'X'
static void *f(void *x) { return *(void **)x; }
int main(void) { pthread_t t; GO(t, f, 0); END(t); return 0; }
X
prog stack-overflow crash 20 <<'X'
static int deep(int n) { volatile char b[4096]; b[0] = (char)n; return n == 0 ? 0 : deep(n + 1) + b[0]; }
static void *f(void *x) { deep(1); return x; }
int main(void) { pthread_t t; GO(t, f, 0); END(t); return 0; }
X
prog divides-by-zero crash <<'X'
static volatile int zero, seven = 7;
int main(void) { return seven / zero; }
X
prog aborts crash <<'X'
int main(void) { abort(); }
X
prog use-after-free crash <<'X'
static void *f(void *p) { LOCK(m); *(int *)p = 1; UNLOCK(m); return NULL; }
int main(void) { pthread_t t; int *p = malloc(4); GO(t, f, p); LOCK(m); UNLOCK(m); free(p); END(t); return 0; }
X
prog frees-twice crash <<'X'
int main(void) { char *p = malloc(10); free(p); free(p); return 0; }
X
prog behind-the-block crash <<'X'
int main(void) { char *p = malloc(10); p[10] = 1; free(p); return 0; }
X
prog deadlock-of-two deadlock <<'X'
static pthread_mutex_t n = PTHREAD_MUTEX_INITIALIZER;
static void *f(void *x) { LOCK(m); LOCK(n); UNLOCK(n); UNLOCK(m); return x; }
int main(void) { pthread_t t; GO(t, f, 0); LOCK(n); LOCK(m); UNLOCK(m); UNLOCK(n); END(t); return 0; }
X
prog locks-twice deadlock <<'X'
int main(void) { LOCK(m); LOCK(m); return 0; }
X
prog dies-with-the-lock deadlock <<'X'
static void *f(void *x) { LOCK(m); return x; }
int main(void) { pthread_t t; GO(t, f, 0); END(t); LOCK(m); return 0; }
X
prog if-for-while wrong-result <<'X'
static int ready;
static void *f(void *x) { LOCK(m); ready = 1; pthread_cond_signal(&c); UNLOCK(m); return x; }
int main(void) { pthread_t t; GO(t, f, 0); LOCK(m); if (!ready) pthread_cond_wait(&c, &m); assert(ready); UNLOCK(m); END(t); return 0; }
X
prog signal-is-spent lost-wakeup <<'X'
static void *f(void *x) { pthread_cond_signal(&c); return x; }
int main(void) { pthread_t t; GO(t, f, 0); LOCK(m); pthread_cond_wait(&c, &m); UNLOCK(m); END(t); return 0; }
X
prog looks-for-ever livelock 20 <<'X'
static atomic_int never;
int main(void) { while (!never) ; return 0; }
X
prog gives-way-for-ever livelock 20 <<'X'
static atomic_int never;
int main(void) { for (;;) { LOCK(m); if (never) break; UNLOCK(m); } return 0; }
X
prog unlocks-a-free-one misuse <<'X'
int main(void) { UNLOCK(m); return 0; }
X
prog unlocks-anothers misuse <<'X'
static void *f(void *x) { UNLOCK(m); return x; }
int main(void) { pthread_t t; LOCK(m); GO(t, f, 0); END(t); return 0; }
X
prog destroys-a-held-one misuse <<'X'
int main(void) { LOCK(m); pthread_mutex_destroy(&m); return 0; }
X
prog never-initialised misuse <<'X'
int main(void) { pthread_mutex_t *p = malloc(sizeof *p); LOCK(*p); return 0; }
X
prog used-after-destroy misuse <<'X'
int main(void) { pthread_mutex_destroy(&m); LOCK(m); return 0; }
X
prog waits-without-the-lock misuse <<'X'
int main(void) { pthread_cond_wait(&c, &m); return 0; }
X
prog joins-twice misuse <<'X'
static void *f(void *x) { return x; }
int main(void) { pthread_t t; GO(t, f, 0); END(t); END(t); return 0; }
X
prog joins-a-detached-one misuse <<'X'
static void *f(void *x) { return x; }
int main(void) { pthread_t t; GO(t, f, 0); pthread_detach(t); END(t); return 0; }
X
done_testing
