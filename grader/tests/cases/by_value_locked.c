/* expect: none
 * never: data-race wrong-result crash deadlock
 * why: by value and by builtins under a lock: every register must survive the hooks that are added */
#include <assert.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <stdio.h>
struct pair { long a, b; }; struct big { long x[12]; char c[5]; }; struct fl { float f; double d; long double l; };
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static struct pair sp; static struct big sb; static struct fl sf; static char buf[64]; static double dd = 1.5; static long double ld = 2.5L;
static struct pair mk(struct pair p) { p.a++; p.b += 2; return p; }
static struct big mb(struct big b, int k) { for (int i = 0; i < 12; i++) b.x[i] += k; b.c[4]++; return b; }
static struct fl mf(struct fl f, double d) { f.f += d; f.d += d; f.l += d; return f; }
static double sum(struct big b, struct fl f, struct pair *p, double x) { return b.x[11] + f.f + p->a + x; }
static void *work(void *arg)
{
    pthread_mutex_lock(&m);
    sp = mk(sp); sb = mb(sb, 2); sf = mf(sf, 0.5); dd = sum(sb, sf, &sp, dd) + ld; ld = ld * 2;
    bzero(buf, 20); stpcpy(buf, "abc"); __builtin_memcpy(buf + 8, "12345678", 8); __builtin_memset(&buf[30], 'x', 20);
    assert(!strcmp(buf, "abc") && buf[15] == '8' && buf[49] == 'x' && buf[50] == 0);
    pthread_mutex_unlock(&m);
    return arg;
}
int main(void)
{
    pthread_t t[2];
    for (int i = 0; i < 2; i++) pthread_create(&t[i], 0, work, 0);
    for (int i = 0; i < 2; i++) pthread_join(t[i], 0);
    assert(sp.a == 2 && sp.b == 4 && sb.x[11] == 4 && sb.c[4] == 2 && sf.f == 1 && sf.d == 1 && sf.l == 1 && ld == 10);
    printf("%f\n", dd);
    assert(dd == 1.5 + 2 + .5 + 1 + 2.5 + 4 + 1 + 2 + 5);
    return 0;
}
