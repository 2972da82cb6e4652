/* expect: none
 * why: raise(3) runs the handler before it returns, at no other moment */
#include <assert.h>
#include <signal.h>
int k;
void h(int s)
{
    (void)s;
    k++;
}
int main(void)
{
    signal(SIGRTMIN, h);
    raise(SIGRTMIN);
    assert(k == 1);
    return 0;
}
