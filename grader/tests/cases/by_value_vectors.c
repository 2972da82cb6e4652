/* expect: none
 * never: wrong-result data-race crash
 * cflags: -mavx -O2
 * why: a hook in the middle of vector code must keep the upper halves, too */
#include <assert.h>
#include <pthread.h>
struct big { double x[8]; }; static struct big shared; static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static __attribute__((noinline)) struct big next(struct big b) { for (int i = 0; i < 8; i++) b.x[i] += i + 1; return b; }
typedef double v4 __attribute__((vector_size(32)));
static v4 vs; static __attribute__((noinline)) v4 vnext(v4 a) { return a + 1.0; }
static void *work(void *arg)
{
    pthread_mutex_lock(&m);
    shared = next(shared); vs = vnext(vs);
    pthread_mutex_unlock(&m);
    return arg;
}
int main(void)
{
    pthread_t t[2];
    for (int i = 0; i < 2; i++) pthread_create(&t[i], 0, work, 0);
    for (int i = 0; i < 2; i++) pthread_join(t[i], 0);
    for (int i = 0; i < 8; i++) assert(shared.x[i] == 2 * (i + 1));
    for (int i = 0; i < 4; i++) assert(vs[i] == 2);
    return 0;
}
