/* token.c - a schedule as a printable word: "1-", then one part a switch, joined by "_".
 *
 *     1-2.57.3_3.13.1     version 1; when task 2 is at its 57th operation, 3 goes on; ...
 *     1-2.57.w4           task 4's condition wait returns for no reason there
 *     1-2.57.x2           its weak compare-exchange fails there for no reason
 *     1-2.57.l4           task 4's time limit passes there, or its sleep ends
 *     1-0.0.i2            task 2 is not parked early when it looks in vain
 *     1-2.57.s1           the signal sent there wakes the second waiter, not the first
 *
 * Everything else happens by itself: a task goes on while it can, then the lowest-numbered one
 * that can. Operations are counted for each task by itself, so a switch that is dropped does
 * not move the others. Not compressed: it is meant to be read, and is short after minimising.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/explore/world.h"

bool token_write(const struct switch_at *s, int n, char *ret, size_t size)
{
    size_t used = (size_t)snprintf(ret, size, "1-");

    for (int i = 0; i < n; i++) {
        char part[80], what[2] = {s[i].what == '>' ? '\0' : s[i].what, '\0'};
        const size_t len =
            (size_t)snprintf(part, sizeof part, "%s%d.%llu.%s%d", i ? "_" : "", s[i].task,
                             (unsigned long long)s[i].op, what, s[i].to);

        if (used + len + 1 > size) {
            ret[0] = '\0';
            return false;
        }
        memcpy(ret + used, part, len + 1);
        used += len;
    }
    return true;
}

static bool number(const char **p, uint64_t max, uint64_t *ret)
{
    uint64_t v = 0;

    if (**p < '0' || **p > '9')
        return false;
    while (**p >= '0' && **p <= '9') {
        v = v * 10 + (uint64_t)(*(*p)++ - '0');
        if (v > max)
            return false;
    }
    *ret = v;
    return true;
}

int token_read(const char *token, struct switch_at *s, int max)
{
    int n = 0;

    if (strncmp(token, "1-", 2) != 0)
        return -1;
    for (const char *p = token + 2; *p; n++) {
        uint64_t task, op, to;

        if (n >= max || (n > 0 && *p++ != '_') || !number(&p, TASK_MAX - 1, &task) ||
            *p++ != '.' || !number(&p, UINT64_MAX / 20, &op) || *p++ != '.')
            return -1;
        s[n].what = '>';
        if (*p && strchr("wsrxli", *p))
            s[n].what = *p++;
        if (!number(&p, TASK_MAX - 1, &to))
            return -1;
        s[n].task = (int)task;
        s[n].op = op;
        s[n].to = (int)to;
    }
    return n;
}
