/* handout.c - lists an exercise's folder and finds its stub. */
#include "cli/handout.h"

#include <dirent.h>
#include <string.h>

#include "cli/init.h"
#include "cli/stub.h"

enum { FILE_BYTES = 1 << 20 };

static int is_handed_out(const struct dirent *d)
{
    static const char *const names[] = {"README.md", "README.zh-CN.md", "exercise.yml"};
    const size_t n = strlen(d->d_name);

    if (d->d_name[0] == '.')
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(d->d_name, names[i]) == 0)
            return 1;
    return (n > 2 && strcmp(d->d_name + n - 2, ".h") == 0) ||
           (n > 8 && strncmp(d->d_name, "check_", 6) == 0 && d->d_name[n - 1] == 'c');
}

int handout_stub(const struct course *c, const struct exercise *x, struct arena *a,
                 struct buf *ret, struct err *e)
{
    const char *kept =
        arena_printf(a, "%s/" INIT_STUBS "/%s/%s", c->home, x->id, x->rubric.edit);
    const char *own = arena_printf(a, "%s/%s", x->dir, x->rubric.edit);
    auto_free char *text = NULL;
    size_t len;
    int rc = 1;

    if (!kept || !own)
        return err_oom(e);
    if (access(kept, F_OK) == 0)
        own = kept;
    else if ((rc = stub_from_history(x, a, ret, e)) < 0)
        return -1;
    if (rc == 1) {
        if (slurp(own, FILE_BYTES, &text, &len, e) < 0)
            return -1;
        buf_add(ret, text, len);
    }
    return ret->failed ? err_oom(e) : 0;
}

int handout_each(const struct course *c, const struct exercise *x, struct arena *a,
                 handout_file *f, void *ctx, struct err *e)
{
    struct dirent **names = NULL;
    const int n = scandir(x->dir, &names, is_handed_out, alphasort);
    int rc = n < 0 ? err_errno(e, "cannot list '%s'", x->dir) : 0;
    struct buf stub = {0};

    for (int k = 0; k < n; k++) {
        const char *path = arena_printf(a, "%s/%s", x->dir, names[k]->d_name);
        auto_free char *text = NULL;
        size_t len = 0;

        if (rc == 0)
            rc = path ? slurp(path, FILE_BYTES, &text, &len, e) : err_oom(e);
        if (rc == 0)
            rc = f(ctx, x, names[k]->d_name, text, len, e);
        free(names[k]);
    }
    free(names);
    if (rc == 0)
        rc = handout_stub(c, x, a, &stub, e);
    if (rc == 0)
        rc = f(ctx, x, x->rubric.edit, stub.data ? stub.data : "", stub.len, e);
    buf_release(&stub);
    return rc;
}
