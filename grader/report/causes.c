/* causes.c - a key of verdict and lines; see causes.h. */
#include "report/causes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"

enum { LINES_MAX = 16 };

static const char *str(const json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));

    return s ? s : "";
}

/* The innermost line of the submission in a stack, 0: none. Only its lines are quoted. */
static int own_line(const json_t *stack)
{
    const json_t *f;
    size_t i;

    json_array_foreach(json_object_get(stack, "frames"), i, f) if (*str(f, "source")) return (
        int)json_integer_value(json_object_get(f, "line"));
    return 0;
}

static bool tells_a_holder(const json_t *stack)
{
    return strstr(str(stack, "label"), "hold") != NULL;
}

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static char *key_of(const json_t *ev)
{
    const json_t *stacks = json_object_get(ev, "stacks"), *s;
    int lines[LINES_MAX], n = 0;
    struct buf b = {0};
    bool holders = false;
    char *key;
    size_t i;

    json_array_foreach((json_t *)stacks, i, s) holders |= tells_a_holder(s) && own_line(s);
    json_array_foreach((json_t *)stacks, i,
                       s) if (n < LINES_MAX && own_line(s) && (!holders || tells_a_holder(s)))
        lines[n++] = own_line(s);
    if (n == 0)
        return NULL;
    qsort(lines, (size_t)n, sizeof *lines, compare);
    buf_puts(&b, holders ? "held" : str(ev, "verdict"));
    for (int k = 0; k < n; k++)
        if (k == 0 || lines[k] != lines[k - 1])
            buf_printf(&b, " %d", lines[k]);
    key = b.failed || !b.data ? NULL : strdup(b.data);
    buf_release(&b);
    return key;
}

const char *causes_seen(struct causes *c, const json_t *evidence, const char *test)
{
    char *key = key_of(evidence);
    struct cause *more;

    if (!key)
        return NULL;
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->list[i].key, key) == 0) {
            free(key);
            return c->list[i].test;
        }
    more = realloc(c->list, (size_t)(c->count + 1) * sizeof *more);
    if (!more) {
        free(key);
        return NULL;
    }
    c->list = more;
    c->list[c->count++] = (struct cause){key, test};
    return NULL;
}

bool causes_explored(const json_t *ev)
{
    return strcmp(str(ev, "mode"), "explore") == 0;
}

/* Who waits for ever, or does nothing but wait. */
static bool is_wait(const json_t *ev)
{
    static const char *const waits[] = {"deadlock", "lost-wakeup", "livelock", "timeout"};

    for (size_t i = 0; i < ARRAY_SIZE(waits); i++)
        if (strcmp(str(ev, "verdict"), waits[i]) == 0)
            return true;
    return false;
}

bool causes_worth_telling(const json_t *evidence, const json_t *ev)
{
    json_t *other;
    size_t i;

    if (json_is_true(json_object_get(ev, "advice")))
        return false;
    if (causes_explored(ev) || !is_wait(ev))
        return true;
    json_array_foreach((json_t *)evidence, i,
                       other) if (causes_explored(other) && is_wait(other) &&
                                  !json_is_true(json_object_get(other, "advice"))) return false;
    return true;
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
    return same_but_numbers(str(a, "label"), str(b, "label")) &&
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

void causes_release(struct causes *c)
{
    for (int i = 0; i < c->count; i++)
        free(c->list[i].key);
    free(c->list);
    *c = (struct causes){0};
}
