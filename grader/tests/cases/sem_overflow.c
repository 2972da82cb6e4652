/* expect: none
 * why: POSIX.1-2024, sem_post: EOVERFLOW at SEM_VALUE_MAX */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <semaphore.h>
int main(void)
{
    sem_t s;
    sem_init(&s, 0, SEM_VALUE_MAX);
    assert(sem_post(&s) == -1 && errno == EOVERFLOW);
    return 0;
}
