/* expect: none
 * why: a pending signal comes before the call that unblocks it returns */
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
    sigaction(SIGRTMIN, &a, 0);
    sigset_t b, o;
    sigemptyset(&b);
    sigaddset(&b, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &b, &o);
    sigqueue(getpid(), SIGRTMIN, (union sigval){0});
    sigprocmask(SIG_SETMASK, &o, 0);
    assert(k == 1);
    return 0;
}
