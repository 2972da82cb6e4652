/* terminal.c - the terminal of a suite under the explorer: real output, modelled keys.
 *
 * The program's output goes to a real pseudo-terminal, so that it is buffered as a user's would
 * be. A key is one step that signals the whole foreground group; who gets it when is then the
 * scheduler's choice. There is no shell process: whoever leaves the job is told from the model,
 * in the order of their ends.
 */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "runtime/explore/process.h"
#include "runtime/explore/sync.h"
#include "runtime/lockstep.h"

enum { SCREEN = 1 << 15, LINE = 4096, MARK = 0x1e };

static struct {
    int master, slave;
    int process; /* number of the program's first */
    int left;    /* `leaving` of the one told last */
    size_t len;
    char *text, *line;
} screen, *const term = &screen;

pid_t ls_x_fork(void);

static void open_terminal(void)
{
    struct termios t;

    term->text = scratch_alloc(SCREEN);
    term->line = scratch_alloc(LINE);
    term->len = 0;
    term->left = W->leavings;
    if (openpty(&term->master, &term->slave, NULL, NULL, NULL) < 0)
        too_much("no pseudo-terminal is available");
    tcgetattr(term->slave, &t);
    t.c_oflag &= (tcflag_t)~OPOST;
    t.c_lflag &= (tcflag_t)~ECHO;
    tcsetattr(term->slave, TCSANOW, &t);
    fcntl(term->master, F_SETFL, O_NONBLOCK);
}

pid_t ls_terminal_start(int (*program)(void))
{
    struct process *p;
    pid_t pid;

    open_terminal();
    pid = ls_x_fork();
    if (pid == 0) {
        p = process_me();
        p->group = W->foreground = p->pid;
        for (int fd = 0; fd < 3; fd++)
            dup2(term->slave, fd);
        close(term->master);
        close(term->slave);
        process_end_of_main(program());
    }
    p = process_with(pid);
    p->group = W->foreground = pid;
    term->process = p->id;
    return pid;
}

void key(int ch)
{
    const int sig = ch == 'C' ? SIGINT : ch == '\\' ? SIGQUIT : SIGTSTP;

    step_until(OP_SIGNAL, 0x800, (uint64_t)sig, NEVER, CALLER);
    signal_group(W->foreground, sig, CALLER);
}

static void take_in(void)
{
    const ssize_t n = read(term->master, term->text + term->len, SCREEN - term->len);

    if (n > 0)
        term->len += (size_t)n;
    if (term->len == SCREEN)
        too_much("it floods the terminal");
}

/* The kernel hands a terminal's bytes on by a worker of its own: a mark shows that all came. */
static void catch_up(void)
{
    const char mark = MARK;
    struct pollfd p = {.fd = term->master, .events = POLLIN};
    char *at;

    if (write(term->slave, &mark, 1) != 1)
        too_much("the terminal does not work");
    while (!(at = memchr(term->text, MARK, term->len))) {
        poll(&p, 1, 1000);
        take_in();
    }
    memmove(at, at + 1, term->len - (size_t)(at + 1 - term->text));
    term->len--;
}

static bool cut_line(void)
{
    char *nl = memchr(term->text, '\n', term->len);
    size_t n;

    if (!nl)
        return false;
    n = (size_t)(nl - term->text);
    if (n >= LINE)
        n = LINE - 1;
    memcpy(term->line, term->text, n);
    term->line[n] = '\0';
    term->len -= (size_t)(nl + 1 - term->text);
    memmove(term->text, nl + 1, term->len);
    return true;
}

const char *ls_terminal_line(void)
{
    if (!cut_line()) {
        step(OP_SETTLE, 0, CALLER);
        catch_up();
        if (!cut_line())
            return NULL;
    }
    errno = 0;
    return term->line;
}

/* The shell's children: the program itself, and whom its parent left without waiting for. */
bool ls_terminal_left(struct ls_leaving *ret)
{
    struct process *next = NULL;

    step(OP_SETTLE, 0, CALLER);
    for (int i = term->process; i < W->process_count; i++) {
        struct process *p = &W->processes[i];

        if (p->leaving > term->left && (i == term->process || p->parent < 0) &&
            (!next || p->leaving < next->leaving))
            next = p;
    }
    if (!next)
        return false;
    term->left = next->leaving;
    next->state = PROCESS_REAPED;
    clock_acquire(&next->clock);
    ret->pid = next->pid;
    ret->status = next->status;
    ret->adopted = next->id != term->process;
    errno = 0;
    return true;
}

void ls_terminal_end(void)
{
    struct process *p = &W->processes[term->process];

    if (p->state == PROCESS_ZOMBIE)
        p->state = PROCESS_REAPED;
    close(term->slave);
    close(term->master);
}
