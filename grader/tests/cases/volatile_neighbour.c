/* expect: none
 * never: signal-unsafe data-race
 * cflags: -O1
 * why: eight bytes hold a flag of the handler and a variable of main; labels for a debugger stand
 * between a hook and its access */
#include <pthread.h>
#include <signal.h>
static struct {
    _Alignas(8) volatile sig_atomic_t n; /* the handler's */
    int ok;                              /* main's */
} s;
static void h(int sig)
{
    s.n += sig;
}
static void *waiter(void *a)
{
    return a;
}
int main(void)
{
    pthread_t u;
    signal(SIGUSR1, h);
    pthread_create(&u, NULL, waiter, NULL);
    pthread_kill(u, SIGUSR1);
    s.ok = 1;
    pthread_join(u, NULL);
    return s.ok - 1;
}
