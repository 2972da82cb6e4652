/* shelf.c - copies, with rename(2) at the end. */
#include "stages/shelf.h"

#include <string.h>
#include <sys/stat.h>

#include "sandbox/tier.h"

enum { SHELF_MAX = 64 << 20 };

static const char *place(struct unit *u, const char *name)
{
    if (!u->o->shelf || sandbox_tier() == TIER_NONE)
        return NULL;
    return arena_printf(u->a, "%s/%s-%s%s", u->o->shelf, u->x->id, u->hidden ? "hidden-" : "",
                        name);
}

static bool copy(const char *from, const char *to)
{
    auto_free char *bytes = NULL;
    struct err e = {0};
    struct stat st;
    size_t len;

    return stat(from, &st) == 0 && slurp(from, SHELF_MAX, &bytes, &len, &e) == 0 &&
           write_plain(to, bytes, len, &e) == 0 && chmod(to, st.st_mode & 0755) == 0;
}

bool shelf_take(struct unit *u, const char *name)
{
    const char *from = place(u, name), *to = arena_printf(u->a, "%s/%s", u->work, name);

    return from && to && access(from, R_OK) == 0 && copy(from, to);
}

void shelf_put(struct unit *u, const char *name)
{
    const char *to = place(u, name), *from = arena_printf(u->a, "%s/%s", u->work, name);
    const char *half = to ? arena_printf(u->a, "%s.%d", to, (int)getpid()) : NULL;

    if (!half || !from)
        return;
    if (!copy(from, half) || rename(half, to) < 0)
        unlink(half);
}
