/* expect: none
 * never: crash
 * why: what moves the stack pointer and leaves its variables alive: alloca, arrays of variable
 * length, jumps, handlers, nested functions and their jumps, deep recursion, a caller's variables */
#include <alloca.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>

static sigjmp_buf place;
static volatile int handled;

static void on_signal(int sig)
{
    int mine[4] = {sig, 0, 0, 0};

    handled += mine[0] == sig;
}

static void jump_on_signal(int sig)
{
    siglongjmp(place, sig);
}

static int sum(const int *a, int n)
{
    int s = 0;

    for (int i = 0; i < n; i++)
        s += a[i];
    return s;
}

static int deep(int n, int *out)
{
    int here[8] = {n};

    if (n == 0) {
        *out += 1;
        return 0;
    }
    return deep(n - 1, out) + sum(here, 8);
}

static int nested(int n)
{
    __label__ out;
    int found = 0;

    void look(int k)
    {
        found = k;
        if (k == 0)
            goto out;
        look(k - 1);
    }

    look(n);
out:
    return found;
}

static void *thread(void *arg)
{
    int *shared = arg, n = *shared, vla[n], *a = alloca(n * sizeof *a);
    jmp_buf env;

    for (int i = 0; i < n; i++) {
        int *b = alloca(16 + 16 * i);

        memset(b, 0, 16);
        b[0] = vla[i] = a[i] = i;
    }
    deep(400, &n);
    if (setjmp(env) == 0) {
        int again[n];

        memset(again, 0, sizeof again);
        longjmp(env, sum(again, n) + 1);
    }
    return (void *)(long)(sum(vla, *shared) - sum(a, *shared) + nested(5));
}

int main(void)
{
    int n = 20;
    pthread_t t;
    void *result;

    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    signal(SIGUSR1, jump_on_signal);
    if (sigsetjmp(place, 1) == 0)
        raise(SIGUSR1);
    pthread_create(&t, NULL, thread, &n);
    pthread_join(t, &result);
    return handled == 1 ? (int)(long)result : 1;
}
