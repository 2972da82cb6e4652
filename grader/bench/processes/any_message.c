// any_message: two receivers of one System V queue take each other's messages.
// expect: wrong-result
// never: crash data-race
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

struct message {
    long type;
    char who;
};

static int receive(int q, long me)
{
    struct message m;

#ifdef CORRECT
    msgrcv(q, &m, 1, me, 0);
#else
    msgrcv(q, &m, 1, 0, 0);
#endif
    return m.who != (char)('0' + me);
}

int main(void)
{
    int q = msgget(IPC_PRIVATE, 0600), wrong = 0, status;

    for (long i = 1; i <= 2; i++)
        if (fork() == 0)
            _exit(receive(q, i));
    for (long i = 1; i <= 2; i++) {
        struct message m = {i, (char)('0' + i)};

        msgsnd(q, &m, 1, 0);
    }
    while (wait(&status) > 0)
        wrong |= WEXITSTATUS(status);
    msgctl(q, IPC_RMID, NULL);
    return wrong;
}
