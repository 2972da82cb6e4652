/* late.c - reads times and rules, counts days. */
#include "batch/late.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/util.h"

enum { DAY_S = 24 * 60 * 60 };

/* "Z", "UTC", "+08:00", "-0800", or nothing: seconds east of Greenwich. */
static bool zone(const char *s, bool *ret_local, long *ret_east)
{
    int h, m, used = 0;

    *ret_local = false;
    *ret_east = 0;
    s += strspn(s, " ");
    if (strcmp(s, "Z") == 0 || strcmp(s, "UTC") == 0)
        return true;
    if (*s == '\0') {
        *ret_local = true;
        return true;
    }
    if ((*s != '+' && *s != '-') || !isdigit((unsigned char)s[1]) ||
        (sscanf(s + 1, "%2d:%2d%n", &h, &m, &used) != 2 &&
         sscanf(s + 1, "%2d%2d%n", &h, &m, &used) != 2))
        return false;
    if (s[1 + used] || h > 14 || m > 59)
        return false;
    *ret_east = (*s == '-' ? -1 : 1) * (h * 3600l + m * 60l);
    return true;
}

bool time_parse(const char *text, time_t *ret)
{
    struct tm t = {.tm_isdst = -1};
    const char *rest;
    long east;
    bool local;
    time_t when;
    int day;

    if ((rest = strptime(text, "%Y-%m-%dT%H:%M", &t)) == NULL &&
        (rest = strptime(text, "%Y-%m-%d %H:%M", &t)) == NULL) {
        rest = strptime(text, "%Y-%m-%d", &t);
        if (!rest || *rest)
            return false;
        t.tm_hour = 23, t.tm_min = 59, t.tm_sec = 59;
    } else if (*rest == ':') {
        rest = strptime(rest, ":%S", &t);
        if (rest && *rest == '.')
            rest += 1 + strspn(rest + 1, "0123456789");
    }
    t.tm_isdst = -1;
    if (!rest || !zone(rest, &local, &east))
        return false;
    day = t.tm_mday;
    when = local ? mktime(&t) : timegm(&t) - east;
    if (when <= 0 || t.tm_mday != day) /* the 30th of February would be another day */
        return false;
    *ret = when;
    return true;
}

int late_parse(const char *text, struct late_rule *ret, struct err *e)
{
    const char *sign = strchr(text, '%');
    auto_free char *number = sign ? strndup(text, (size_t)(sign - text)) : NULL;
    long percent;

    if (strcmp(text, "accept") == 0) {
        *ret = (struct late_rule){.kind = LATE_ACCEPT};
        return 0;
    }
    if (strcmp(text, "refuse") == 0) {
        *ret = (struct late_rule){.kind = LATE_REFUSE};
        return 0;
    }
    if (number && parse_long(number, 0, 100, &percent) &&
        (sign[1] == '\0' || strcmp(sign + 1, "/day") == 0)) {
        *ret = (struct late_rule){
            .kind = LATE_PERCENT, .percent = (int)percent, .per_day = sign[1] != '\0'};
        return 0;
    }
    return err_set(e, ERR_USAGE, "'--late %s': expected accept, refuse, N%% or N%%/day", text);
}

int late_days(time_t deadline, time_t when)
{
    if (when <= deadline)
        return 0;
    return (int)((when - deadline + DAY_S - 1) / DAY_S);
}

int late_score(const struct late_rule *rule, int score, int days)
{
    int lost;

    if (days == 0 || rule->kind == LATE_ACCEPT)
        return score;
    if (rule->kind == LATE_REFUSE)
        return 0;
    lost = rule->percent * (rule->per_day ? days : 1);
    return lost >= 100 ? 0 : (score * (100 - lost) + 50) / 100;
}
