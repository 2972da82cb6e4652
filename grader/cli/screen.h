/* screen.h - a terminal that gives single keys, and gets its old mode back whatever happens.
 *
 * termios(3), non-canonical mode (POSIX, 11.1.7): each key at once, not echoed; Ctrl-C and
 * Ctrl-Z still make signals. A standard input that is no terminal is read all the same. One a
 * process.
 */
#ifndef GRADER_SCREEN_H
#define GRADER_SCREEN_H

#include <stdbool.h>

/* Keys from now on; screen_close() when done, which exit(3) does as well. Ctrl-Z gives the
 * terminal back while stopped. */
void screen_open(void);
void screen_close(void);

/* On a terminal: empties it. */
void screen_clear(void);

/* Columns and rows of the terminal that standard output is; 0: none, or it does not say. */
int screen_width(void);
int screen_height(void);

/* After Ctrl-Z and fg the keys have to be asked for again; call it in the loop. true: it was
 * so, and what is shown should be shown anew. */
bool screen_resumed(void);

/* Has the terminal another size since the last call? For the same loop. */
bool screen_resized(void);

#endif
