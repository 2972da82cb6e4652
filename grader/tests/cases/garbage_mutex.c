/* expect: bug misuse
 * why: bytes that no initialiser makes */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
int main(void)
{
    pthread_mutex_t *m = malloc(sizeof *m);
    memset(m, 0x5a, sizeof *m);
    return pthread_mutex_lock(m);
}
