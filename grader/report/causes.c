/* causes.c - a key of verdict and lines; see causes.h. */
#include "report/causes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"
#include "core/verdict.h"
#include "report/get.h"

enum { LINES_MAX = 16 };

const json_t *causes_own_frame(const json_t *stack)
{
    const json_t *f;
    size_t i;

    json_array_foreach(json_object_get(stack, "frames"), i,
                       f) if (*get_str(f, "source")) return f;
    return NULL;
}

static int own_line(const json_t *stack)
{
    return (int)get_num(causes_own_frame(stack), "line");
}

/* What is held too long says more than who waits for it, and where it was not given up says
 * most. */
enum telling { TELLS_ANYTHING, TELLS_HOLDER, TELLS_WAY_OUT };

static enum telling telling(const json_t *stack)
{
    const char *label = get_str(stack, "label"); /* "main has held it since here", "it holds" */

    if (!own_line(stack))
        return TELLS_ANYTHING;
    if (strstr(label, "returned here with the lock still held"))
        return TELLS_WAY_OUT;
    return strstr(label, "has held ") || strstr(label, "it holds") ? TELLS_HOLDER
                                                                   : TELLS_ANYTHING;
}

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static bool is(const json_t *finding, enum verdict v)
{
    return strcmp(get_str(finding, "verdict"), verdict_name(v)) == 0;
}

/* "held 31", "data-race 31 40", or, where no line of the submission is known, the sentence. */
static void put_key(struct buf *b, const json_t *finding)
{
    const json_t *stacks = json_object_get(finding, "stacks"), *s;
    const char *text = get_str(finding, "text"), *memory;
    int lines[LINES_MAX], n = 0;
    enum telling most = TELLS_ANYTHING;
    size_t i;

    json_array_foreach((json_t *)stacks, i, s) most = telling(s) > most ? telling(s) : most;
    json_array_foreach((json_t *)stacks, i, s) if (n < LINES_MAX && own_line(s) &&
                                                   telling(s) == most) lines[n++] = own_line(s);
    buf_puts(b, most ? "held" : get_str(finding, "verdict"));
    if (is(finding, VERDICT_DATA_RACE) &&
        (memory = strstr(text, "without synchronisation: "))) {
        buf_printf(b, " %s", memory);
        return;
    }
    if (n == 0) {
        buf_printf(b, " %s", text);
        return;
    }
    qsort(lines, (size_t)n, sizeof *lines, compare);
    for (int k = 0; k < n; k++)
        if (k == 0 || lines[k] != lines[k - 1])
            buf_printf(b, " %d", lines[k]);
}

bool causes_explored(const json_t *finding)
{
    return strcmp(get_str(finding, "mode"), mode_name(MODE_EXPLORE)) == 0;
}

/* Who waits forever, or does nothing but wait. */
static bool is_wait(const json_t *finding)
{
    static const enum verdict waits[] = {VERDICT_DEADLOCK, VERDICT_LOST_WAKEUP,
                                         VERDICT_LIVELOCK, VERDICT_TIMEOUT};

    for (size_t i = 0; i < ARRAY_SIZE(waits); i++)
        if (is(finding, waits[i]))
            return true;
    return false;
}

static bool is_advice(const json_t *finding)
{
    return json_is_true(json_object_get(finding, "advice"));
}

static bool has_own_line(const json_t *finding)
{
    const json_t *s;
    size_t i;

    json_array_foreach(json_object_get(finding, "stacks"), i, s) if (own_line(s)) return true;
    return false;
}

/* Natively and under Valgrind a wait without end or a race is seen from outside, or by luck;
 * the explorer shows all that led to it. Where it has found the same, it tells it alone: in two
 * accounts of one thing threads have other numbers, and words contradict each other. */
static bool is_told_better(const json_t *finding, const json_t *all)
{
    const bool same_kind_is_same = is_wait(finding) || is(finding, VERDICT_DATA_RACE);
    const json_t *other;
    size_t i;

    if (causes_explored(finding) || (has_own_line(finding) && !same_kind_is_same))
        return false;
    json_array_foreach((json_t *)all, i, other)
    {
        if (!causes_explored(other) || is_advice(other))
            continue;
        if (strcmp(get_str(other, "verdict"), get_str(finding, "verdict")) == 0 ||
            (is_wait(other) && is_wait(finding)))
            return true;
    }
    return false;
}

/* Fewer is shorter to read; without a schedule is worst. */
static size_t steps_of(const json_t *finding)
{
    const size_t n =
        json_array_size(json_object_get(json_object_get(finding, "schedule"), "steps"));

    return n ? n : SIZE_MAX;
}

static struct cause *find(struct causes *c, const char *key)
{
    struct cause *more;

    for (int i = 0; i < c->count; i++)
        if (strcmp(c->list[i].key, key) == 0)
            return &c->list[i];
    more = realloc(c->list, (size_t)(c->count + 1) * sizeof *more);
    if (!more)
        return NULL;
    c->list = more;
    more[c->count] = (struct cause){.key = strdup(key)};
    return more[c->count].key ? &more[c->count++] : NULL;
}

bool cause_fails(const struct cause *c, const char *id)
{
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->tests[i], id) == 0)
            return true;
    return false;
}

static bool add(struct causes *c, const json_t *finding, const json_t *test)
{
    const char *id = get_str(test, "id"), **more;
    struct buf key = {0};
    struct cause *to;

    put_key(&key, finding);
    to = key.failed || !key.data ? NULL : find(c, key.data);
    buf_release(&key);
    if (!to)
        return false;
    c->left_out |= to->finding != NULL;
    if (!to->finding || steps_of(finding) < steps_of(to->finding)) {
        to->finding = finding;
        to->test = test;
    }
    if (cause_fails(to, id))
        return true;
    more = realloc(to->tests, (size_t)(to->count + 1) * sizeof *more);
    if (!more)
        return false;
    to->tests = more;
    more[to->count++] = id;
    return true;
}

/* In order: what fails most tests, then what stands first in the table of verdicts. */
static bool comes_before(const struct cause *a, const struct cause *b)
{
    enum verdict va = VERDICT_PASS, vb = VERDICT_PASS;

    if (a->count != b->count)
        return a->count > b->count;
    verdict_parse(get_str(a->finding, "verdict"), &va);
    verdict_parse(get_str(b->finding, "verdict"), &vb);
    return va < vb;
}

static void sort(struct causes *c)
{
    for (int i = 1; i < c->count; i++)
        for (int k = i; k > 0 && comes_before(&c->list[k], &c->list[k - 1]); k--) {
            const struct cause swap = c->list[k];

            c->list[k] = c->list[k - 1];
            c->list[k - 1] = swap;
        }
}

bool causes_collect(struct causes *ret, const json_t *tests, bool first)
{
    const json_t *t, *finding;
    size_t i, k;

    *ret = (struct causes){0};
    json_array_foreach((json_t *)tests, i, t)
    {
        const json_t *all = json_object_get(t, "evidence");

        if (strcmp(get_str(t, "verdict"), verdict_name(VERDICT_PASS)) == 0)
            continue;
        json_array_foreach((json_t *)all, k, finding)
        {
            if (is_advice(finding))
                continue;
            if (is_told_better(finding, all))
                ret->left_out = true;
            else if (!add(ret, finding, t))
                return false;
        }
        if (first)
            break;
    }
    sort(ret);
    return true;
}

void causes_release(struct causes *c)
{
    for (int i = 0; i < c->count; i++) {
        free(c->list[i].key);
        free(c->list[i].tests);
    }
    free(c->list);
    *c = (struct causes){0};
}

/* "thread 2 waits for a condition" and "thread 3 waits for a condition". */
static bool same_but_numbers(const char *a, const char *b)
{
    for (; *a && *b; a++, b++) {
        if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
            a += strspn(a, "0123456789") - 1;
            b += strspn(b, "0123456789") - 1;
        } else if (*a != *b) {
            return false;
        }
    }
    return *a == *b;
}

static bool alike(const json_t *a, const json_t *b)
{
    return same_but_numbers(get_str(a, "label"), get_str(b, "label")) &&
           json_equal(json_object_get(a, "frames"), json_object_get(b, "frames"));
}

int causes_alike(const json_t *stacks, size_t i)
{
    const json_t *this = json_array_get(stacks, i);
    const size_t n = json_array_size(stacks);
    int more = 0;

    for (size_t k = 0; k < i; k++)
        if (alike(json_array_get(stacks, k), this))
            return -1;
    for (size_t k = i + 1; k < n; k++)
        more += alike(json_array_get(stacks, k), this);
    return more;
}
