/* suppress.c - reads the rules, and compares them with verdicts and frames. */
#include "cli/suppress.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"
#include "core/verdict.h"

static bool known_verdict(const char *pattern)
{
    for (int v = 0; v < VERDICT_COUNT; v++)
        if (fnmatch(pattern, verdict_name((enum verdict)v), 0) == 0)
            return true;
    return false;
}

static int add(struct suppress *s, char *line, int number, const char *path, struct err *e)
{
    char *colon = strchr(line, ':');

    if (!colon || !colon[1])
        return err_set(e, ERR_USAGE,
                       "%s:%d: expected VERDICT:PATTERN, such as data-race:stats_add", path,
                       number);
    *colon = '\0';
    if (!known_verdict(line))
        return err_set(e, ERR_USAGE, "%s:%d: there is no verdict '%.40s'", path, number, line);
    if (s->count == SUPPRESS_MAX)
        return err_set(e, ERR_USAGE, "%s: more than %d lines", path, SUPPRESS_MAX);
    s->rules[s->count++] =
        (struct suppress_rule){.verdict = line, .pattern = colon + 1, .line = number};
    return 0;
}

int suppress_read(struct suppress *s, const char *path, struct err *e)
{
    int number = 0;

    if (s->text)
        return err_set(e, ERR_USAGE, "--suppress takes one file");
    if (slurp(path, 1 << 20, &s->text, NULL, e) < 0)
        return -1;
    for (char *line = s->text, *next; line; line = next) {
        size_t n;

        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        number++;
        line += strspn(line, " \t");
        for (n = strlen(line); n > 0 && strchr(" \t\r", line[n - 1]); n--)
            line[n - 1] = '\0';
        if (*line && *line != '#' && add(s, line, number, path, e) < 0)
            return -1;
    }
    return 0;
}

void suppress_release(struct suppress *s)
{
    free(s->text);
    *s = (struct suppress){0};
}

static bool fits_frame(const char *pattern, const struct frame *f)
{
    auto_free char *place = NULL;

    if (f->function && fnmatch(pattern, f->function, 0) == 0)
        return true;
    if (!f->file)
        return false;
    if (asprintf(&place, "%s:%d", f->file, f->line) < 0) {
        place = NULL;
        return false;
    }
    return fnmatch(pattern, f->file, 0) == 0 || fnmatch(pattern, place, 0) == 0;
}

static bool fits(const struct suppress_rule *r, const struct evidence *ev)
{
    if (fnmatch(r->verdict, verdict_name(ev->verdict), 0) != 0)
        return false;
    for (const struct stack *s = ev->stacks; s; s = s->next)
        for (int i = 0; i < s->count; i++)
            if (fits_frame(r->pattern, &s->frames[i]))
                return true;
    return false;
}

void suppress_apply(struct suppress *s, struct exploration *x)
{
    struct evidence **at = &x->found;

    while (*at) {
        bool any = false;

        for (int i = 0; i < s->count; i++)
            if (fits(&s->rules[i], *at)) {
                s->rules[i].times++;
                any = true;
            }
        if (!any) {
            at = &(*at)->next;
            continue;
        }
        x->suppressed++;
        if (strcmp(x->extent, "all") == 0)
            x->extent = "budget"; /* "all" is the claim that there is no bug */
        x->bugs -= !(*at)->advice;
        *at = (*at)->next;
    }
}
