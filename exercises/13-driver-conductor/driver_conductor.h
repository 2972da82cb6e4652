/* driver_conductor.h - the contract of exercise 13: the story of the driver and the conductor.
 *
 * Two processes on one terminal: the driver is the parent, the conductor its only child.
 * Three keys steer them. A key sends its signal to both, since both are in the terminal's
 * foreground group, so each must ignore what is the other's.
 *
 *   key      signal    who acts    what happens
 *   Ctrl-C   SIGINT    conductor   sends SIGUSR1 to the driver, who prints
 *                                  老司机开车了
 *   Ctrl-\   SIGQUIT   conductor   sends SIGUSR2 to the driver, who prints
 *                                  车速有点快，系好安全带
 *   Ctrl-Z   SIGTSTP   driver      sends SIGUSR1 to the conductor, who prints
 *                                  到站了，请下车
 *                                  and leaves first; the driver waits for it and leaves second
 *
 * Frozen: the suite is compiled against this file. Write your code in driver_conductor.c.
 */
#ifndef DRIVER_CONDUCTOR_H
#define DRIVER_CONDUCTOR_H

/* Plays the whole story. The caller becomes the driver; the conductor is made with fork()
 * and never returns from here. Each line is printed to standard output with a line break,
 * and is out (flushed) before its printer waits again. Between signals both sleep.
 *
 * Returns 0 in the driver when both have left, the conductor waited for. -1 with errno set
 * when the conductor cannot be made.
 *
 * In a signal handler only async-signal-safe functions may be called (signal-safety(7)). */
int driver_conductor(void);

#endif
