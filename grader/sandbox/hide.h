/* hide.h - folders that no program of a submission may see, where what they lie in is shown.
 *
 * Programs need /usr. `make install` puts references, known bugs and hidden tests below it, and
 * a course may lie there, too. The full tier covers these folders with empty ones; in the
 * fallback tier, whose Landlock rules can only allow, everything beside them is named instead.
 */
#ifndef GRADER_SANDBOX_HIDE_H
#define GRADER_SANDBOX_HIDE_H

#include <stdbool.h>

#include "core/err.h"

/* A folder to hide from every program that is started later, beside this installation's own.
 * NULL and what does not lie below /usr is nothing to hide. False: no memory. Not thread-safe.
 */
bool hide_folder(const char *folder);

/* The hidden folders that exist below /usr, ended by NULL; valid until the next call. */
const char *const *hide_list(void);

/* Calls `allow` with folders and files that together are /usr without what is hidden. -1: it
 * cannot be listed. */
int hide_allowed(void (*allow)(void *ctx, const char *path), void *ctx, struct err *e);

#endif
