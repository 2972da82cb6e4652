/* graph.c - the wait-for graph (Coffman, Elphick, Shoshani, "System Deadlocks", 1971). */
#include "report/graph.h"

#include <math.h>
#include <string.h>

#include "report/page.h"
#include "report/words.h"

enum { NODES = 17, WIDE = 440, HIGH = 230, BOX_WIDE = 104, BOX_HIGH = 28 };

static const char *who_of(const json_t *w)
{
    return get_str(w, "who");
}

static const char *holder_of(const json_t *w)
{
    return get_str(w, "holder");
}

static const json_t *wait_of(const json_t *waits, const char *who)
{
    const json_t *w;
    size_t i;

    json_array_foreach((json_t *)waits, i, w) if (strcmp(who_of(w), who) == 0) return w;
    return NULL;
}

static bool waits_for_itself(const json_t *w)
{
    return strcmp(who_of(w), holder_of(w)) == 0;
}

/* Somebody on a cycle, or where there is none whoever waits first; NULL: each waits for itself,
 * and the places say it all. */
static const char *somebody(const json_t *waits)
{
    const char *first = NULL;
    const json_t *w;
    size_t i;

    json_array_foreach((json_t *)waits, i, w)
    {
        const json_t *at = w;

        if (waits_for_itself(w))
            continue;
        first = first ? first : who_of(w);
        for (int k = 0; at && k < NODES; k++) {
            if (strcmp(holder_of(at), who_of(w)) == 0)
                return who_of(w);
            at = wait_of(waits, holder_of(at));
        }
    }
    return first;
}

bool graph_line(const json_t *finding, enum lang lang, struct buf *ret)
{
    const json_t *waits = json_object_get(finding, "waits"), *w;
    const char *first, *at;

    if (!(first = at = somebody(waits)))
        return false;
    say(ret, lang, first);
    for (int k = 0; k < NODES && (w = wait_of(waits, at)); k++) {
        const char *object = get_str(w, "object");

        at = holder_of(w);
        if (*object)
            buf_printf(ret, tr(lang, " --waits for %s--> "), object);
        else
            buf_puts(ret, " --> ");
        say(ret, lang, at);
        if (strcmp(at, first) == 0 || waits_for_itself(w))
            break;
    }
    return true;
}

/* ---- the picture ------------------------------------------------------------------------- */

struct nodes {
    const char *names[NODES];
    int count;
};

static int node_of(struct nodes *n, const char *name)
{
    for (int i = 0; i < n->count; i++)
        if (strcmp(n->names[i], name) == 0)
            return i;
    if (n->count == NODES)
        return -1;
    n->names[n->count] = name;
    return n->count++;
}

struct point {
    double x, y;
};

static struct point place_of(const struct nodes *n, int i)
{
    const double angle = 2 * M_PI * i / n->count + M_PI; /* the first one stands on the left */

    return (struct point){WIDE / 2.0 + (WIDE - BOX_WIDE - 20) / 2.0 * cos(angle),
                          HIGH / 2.0 + (HIGH - BOX_HIGH - 30) / 2.0 * sin(angle)};
}

/* Where the line from the middle of a box to `to` leaves the box. */
static struct point edge_of(struct point from, struct point to)
{
    const double dx = to.x - from.x, dy = to.y - from.y;
    const double across = fabs(dx) > 0.01 ? (BOX_WIDE / 2.0 + 4) / fabs(dx) : 1e9;
    const double down = fabs(dy) > 0.01 ? (BOX_HIGH / 2.0 + 4) / fabs(dy) : 1e9;
    const double part = fmin(fmin(across, down), 1);

    return (struct point){from.x + dx * part, from.y + dy * part};
}

/* Bent to its left, so that two arrows between the same two stand apart. */
static void put_arrow(struct buf *b, struct point from, struct point to, const char *object,
                      size_t head)
{
    const double dx = to.x - from.x, dy = to.y - from.y, far = fmax(hypot(dx, dy), 1);
    const struct point bend = {(from.x + to.x) / 2 + dy / far * 60,
                               (from.y + to.y) / 2 - dx / far * 60};
    const struct point a = edge_of(from, bend), z = edge_of(to, bend);

    buf_printf(b,
               "<path d=\"M%.0f %.0fQ%.0f %.0f %.0f %.0f\" marker-end=\"url(#arrow%zu)\"/>\n",
               a.x, a.y, bend.x, bend.y, z.x, z.y, head);
    if (!*object)
        return;
    buf_printf(b, "<text x=\"%.0f\" y=\"%.0f\">", (from.x + to.x) / 4 + bend.x / 2,
               (from.y + to.y) / 4 + bend.y / 2 + (bend.y < HIGH / 2.0 ? -6 : 14));
    page_text(b, object);
    buf_puts(b, "</text>\n");
}

/* Who waits for itself: a loop above its box. */
static void put_loop(struct buf *b, struct point at, const char *object, size_t head)
{
    buf_printf(b,
               "<path d=\"M%.0f %.0fc-30 -44 50 -44 24 -2\" marker-end=\"url(#arrow%zu)\"/>\n"
               "<text x=\"%.0f\" y=\"%.0f\">",
               at.x - 12, at.y - BOX_HIGH / 2.0, head, at.x, at.y - 56);
    page_text(b, object);
    buf_puts(b, "</text>\n");
}

static void put_box(struct buf *b, struct point at, const char *name, enum lang lang)
{
    struct buf said = {0};

    say(&said, lang, name);
    buf_printf(b,
               "<rect x=\"%.0f\" y=\"%.0f\" width=\"%d\" height=\"%d\" rx=\"6\"/>"
               "<text x=\"%.0f\" y=\"%.0f\">",
               at.x - BOX_WIDE / 2.0, at.y - BOX_HIGH / 2.0, BOX_WIDE, BOX_HIGH, at.x,
               at.y + 5);
    page_text(b, said.data ? said.data : name);
    buf_puts(b, "</text>\n");
    buf_release(&said);
}

void graph_picture(struct buf *b, const json_t *finding, enum lang lang)
{
    const json_t *waits = json_object_get(finding, "waits"), *w;
    struct nodes n = {0};
    struct buf line = {0};
    const size_t head = b->len; /* a name of its own: a marker in a closed part is not drawn */
    size_t i;

    if (!graph_line(finding, lang, &line))
        return;
    json_array_foreach((json_t *)waits, i, w)
    {
        node_of(&n, who_of(w));
        node_of(&n, holder_of(w));
    }
    buf_printf(b, "<svg class=\"waits\" role=\"img\" viewBox=\"0 0 %d %d\"><title>", WIDE,
               HIGH);
    page_text(b, line.data ? line.data : "");
    buf_printf(
        b,
        "</title><defs><marker id=\"arrow%zu\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" "
        "markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path "
        "d=\"M0 0L8 4L0 8z\"/></marker></defs>\n",
        head);
    json_array_foreach((json_t *)waits, i, w)
    {
        const int from = node_of(&n, who_of(w)), to = node_of(&n, holder_of(w));

        if (from == to && from >= 0)
            put_loop(b, place_of(&n, from), get_str(w, "object"), head);
        else if (from >= 0 && to >= 0)
            put_arrow(b, place_of(&n, from), place_of(&n, to), get_str(w, "object"), head);
    }
    for (int k = 0; k < n.count; k++)
        put_box(b, place_of(&n, k), n.names[k], lang);
    buf_puts(b, "</svg>\n");
    buf_release(&line);
}
