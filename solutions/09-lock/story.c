/* story.c - exercise 09 as a person would see it: a and b, and transfers both ways. Not a test. */
#include <pthread.h>
#include <stdio.h>

#include "lock.h"

enum { STEPS = 200000, TRANSFERS = 100000 };

static struct pair pair;
static struct account *mine, *yours;
static long looks;
static volatile int done;

static void *value(void *arg)
{
    long seen[2];

    for (; !done; looks++)
        if (pair_differs(&pair, seen))
            printf("a=%ld,b=%ld\n", seen[0], seen[1]);
    return arg;
}

static void *there(void *arg)
{
    for (int i = 0; i < TRANSFERS; i++)
        account_transfer(mine, yours, i % 7);
    return arg;
}

static void *back(void *arg)
{
    for (int i = 0; i < TRANSFERS; i++)
        account_transfer(yours, mine, i % 5);
    return arg;
}

int main(void)
{
    pthread_t t, u;

    pair_init(&pair);
    pthread_create(&t, NULL, value, NULL);
    for (int i = 0; i < STEPS; i++)
        pair_step(&pair);
    done = 1;
    pthread_join(t, NULL);
    printf("a=%ld b=%ld after %d steps; looked at %ld times, never different\n", pair.a, pair.b, STEPS,
           looks);
    pair_destroy(&pair);
    mine = account_open(1000);
    yours = account_open(1000);
    pthread_create(&t, NULL, there, NULL);
    pthread_create(&u, NULL, back, NULL);
    pthread_join(t, NULL);
    pthread_join(u, NULL);
    printf("two accounts with 1000 each, %d transfers there and %d back: %ld and %ld, together %ld\n",
           TRANSFERS, TRANSFERS, account_balance(mine), account_balance(yours),
           account_balance(mine) + account_balance(yours));
    account_close(mine);
    account_close(yours);
    return 0;
}
