/* progress.c - tells a watcher how far the search is, and hears that it should end. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/explore/driver.h"
#include "runtime/progress.h"

static struct ls_progress *page; /* NULL: nobody watches */

void progress_open(const char *path)
{
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    void *at = fd < 0 ? MAP_FAILED
                      : mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (fd >= 0)
        close(fd);
    if (at != MAP_FAILED)
        page = at;
}

static void tell_first(const struct found *f)
{
    snprintf(page->verdict, sizeof page->verdict, "%s", f->verdict);
    snprintf(page->message, sizeof page->message, "%.*s", (int)sizeof page->message - 1,
             f->message);
    page->found_in = f->schedule + 1;
}

/* A schedule is over. */
void progress_note(void)
{
    uint32_t bugs = 0;

    if (!page)
        return;
    for (int i = 0; i < W->found_count; i++) {
        if (W->found[i].bug == BUG_LOCK_ORDER)
            continue;
        if (bugs++ == 0 && page->found_in == 0)
            tell_first(&W->found[i]);
    }
    page->bugs = bugs;
    page->schedules = W->schedules_run;
    page->cut = W->large;
    page->steps = W->ops_total;
}

bool progress_stopped(void)
{
    return page && page->stop;
}
