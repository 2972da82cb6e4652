/* screen.c - termios, and the two signals of job control. */
#include "cli/screen.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;
static bool changed;
static volatile sig_atomic_t resumed, resized;

static void ask_for_keys(void)
{
    struct termios keys = before;

    keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &keys);
}

void screen_close(void)
{
    if (changed)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    changed = false;
}

/* tcsetattr(3), signal(2) and raise(3) may be called in a handler (signal-safety(7)). */
static void on_stop(int sig)
{
    sigset_t set;

    (void)sig;
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    signal(SIGTSTP, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    raise(SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &set, NULL); /* stands here until somebody says fg */
    signal(SIGTSTP, on_stop);
    resumed = 1;
}

/* Ctrl-\\ ends us with a core, but not with a deaf terminal. */
static void on_quit(int sig)
{
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    signal(sig, SIG_DFL);
    raise(sig);
}

static void on_resize(int sig)
{
    (void)sig;
    resized = 1;
}

bool screen_resized(void)
{
    const bool was = resized;

    resized = 0;
    return was;
}

bool screen_resumed(void)
{
    const bool was = resumed;

    resumed = 0;
    if (was && changed)
        ask_for_keys();
    return was;
}

void screen_open(void)
{
    if (changed || tcgetattr(STDIN_FILENO, &before) < 0)
        return;
    changed = true;
    atexit(screen_close);
    signal(SIGTSTP, on_stop);
    signal(SIGQUIT, on_quit);
    sigaction(SIGWINCH, &(struct sigaction){.sa_handler = on_resize},
              NULL); /* poll(2) returns */
    ask_for_keys();
}

static struct winsize size_now(void)
{
    struct winsize size = {0};

    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
        return (struct winsize){0};
    return size;
}

int screen_width(void)
{
    return size_now().ws_col;
}

int screen_height(void)
{
    return size_now().ws_row;
}

void screen_clear(void)
{
    if (isatty(STDOUT_FILENO))
        fputs("\033[H\033[2J", stdout);
}
