/* expect: none
 * why: the same, by kill(2) to oneself */
#include <assert.h>
#include <signal.h>
#include <unistd.h>
int k;
void h(int s)
{
    (void)s;
    k++;
}
int main(void)
{
    struct sigaction a = {.sa_handler = h};
    sigaction(SIGUSR1, &a, 0);
    sigset_t b, o;
    sigemptyset(&b);
    sigaddset(&b, SIGUSR1);
    sigprocmask(SIG_BLOCK, &b, &o);
    kill(getpid(), SIGUSR1);
    sigprocmask(SIG_SETMASK, &o, 0);
    assert(k == 1);
    return 0;
}
