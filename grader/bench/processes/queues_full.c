// queues_full: two processes fill each other's message queue before they receive.
// expect: deadlock
// never: crash data-race
#include <fcntl.h>
#include <mqueue.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROOM = 2, MESSAGES = 3 };

static mqd_t make(const char *name)
{
    struct mq_attr a = {.mq_maxmsg = ROOM, .mq_msgsize = 8};
    mqd_t q = mq_open(name, O_RDWR | O_CREAT, 0600, &a);

    mq_unlink(name);
    return q;
}

static void put(mqd_t q)
{
    for (int i = 0; i < MESSAGES; i++)
        mq_send(q, "x", 1, 0);
}

static void get(mqd_t q)
{
    char buf[8];

    for (int i = 0; i < MESSAGES; i++)
        mq_receive(q, buf, sizeof buf, NULL);
}

int main(void)
{
    mqd_t there = make("/lockstep-there"), back = make("/lockstep-back");

    if (fork() == 0) {
#ifdef CORRECT
        get(there);
        put(back);
#else
        put(back);
        get(there);
#endif
        _exit(0);
    }
    put(there);
    get(back);
    wait(NULL);
    return 0;
}
