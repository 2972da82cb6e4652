/* people.c - who is in the class: those who handed something in, and the rest of the roster. */
#include "batch/taker.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { FOLDER_BYTES = 80 };

/* Part of a folder's name below OUT/students: what a person reads, and nothing a shell minds.
 * At most FOLDER_BYTES of whole characters. */
static void safe_part(const char *text, char ret[static FOLDER_BYTES + 1])
{
    size_t n = 0;

    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        const size_t k = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
        const bool plain =
            k > 1 || isalnum(*p) || *p == '-' || *p == '_' || (*p == '.' && n > 0);

        if (n + k > FOLDER_BYTES || strnlen((const char *)p, k) < k)
            break;
        if (plain)
            memcpy(ret + n, p, k);
        else
            ret[n] = '_';
        n += plain ? k : 1;
        p += k;
    }
    ret[n] = '\0';
    if (ret[0] == '-')
        ret[0] = '_';
}

static const char *safe_folder(struct arena *a, const struct handed_by *p, const char *taken[],
                               int count)
{
    char name[FOLDER_BYTES + 1], number[FOLDER_BYTES + 1];
    const char *first, *all;

    safe_part(p->name, name);
    safe_part(p->number, number);
    first = *number ? arena_printf(a, "%s-%.24s", name, number) : arena_strdup(a, name);
    all = first;
    for (int copy = 2; all; copy++) {
        bool free_name = *all != '\0';

        for (int i = 0; i < count && free_name; i++)
            free_name = strcasecmp(taken[i], all) != 0;
        if (free_name)
            return all;
        all = arena_printf(a, "%s~%d", first, copy);
    }
    return NULL;
}

static const struct handed_by *sort_people; /* qsort(3) has no context */

static int by_name(const void *a, const void *b)
{
    const struct handed_by *x = &sort_people[*(const int *)a],
                           *y = &sort_people[*(const int *)b];
    int c = strcmp(x->name, y->name);

    c = c ? c : strcmp(x->number, y->number);
    return c ? c : strcmp(x->email, y->email);
}

/* People in the order of the gradebook; files keep their owners. */
int people_order(struct taker *t, struct err *e)
{
    const int n = t->c.people_count;
    int *order = arena_zalloc(&t->a, (size_t)(n + 1) * sizeof *order);
    int *place = arena_zalloc(&t->a, (size_t)(n + 1) * sizeof *place);
    struct handed_by *sorted = arena_zalloc(&t->a, (size_t)(n + 1) * sizeof *sorted);

    if (!order || !place || !sorted)
        return err_oom(e);
    for (int i = 0; i < n; i++)
        order[i] = i;
    sort_people = t->c.people;
    qsort(order, (size_t)n, sizeof *order, by_name);
    for (int i = 0; i < n; i++) {
        sorted[i] = t->c.people[order[i]];
        place[order[i]] = i;
    }
    for (int i = 0; i < t->c.file_count; i++)
        if (t->c.files[i].owner >= 0)
            t->c.files[i].owner = place[t->c.files[i].owner];
    t->c.people = sorted;
    return 0;
}

/* Moodle numbers participants by itself: that is nobody's id in a list of the class. */
static const char *number_of(const struct taker *t, int person)
{
    return t->in->found == LAYOUT_MOODLE ? "" : t->c.people[person].number;
}

static bool is_here(const struct taker *t, const struct roster_row *r)
{
    const struct roster one = {(struct roster_row *)r, 1};

    for (int i = 0; i < t->c.people_count; i++)
        if (roster_find(&one, t->c.people[i].name, number_of(t, i), t->c.people[i].email) &&
            roster_find(t->in->roster, t->c.people[i].name, number_of(t, i),
                        t->c.people[i].email) == r)
            return true;
    return false;
}

/* All rows of the roster appear, also those who handed nothing in. */
int people_add_absent(struct taker *t, struct err *e)
{
    const struct roster *r = t->in->roster;
    const int n = t->c.people_count;
    struct handed_by *all =
        r ? arena_zalloc(&t->a, (size_t)(n + r->count + 1) * sizeof *all) : NULL;
    int more = n;

    if (!r)
        return 0;
    if (!all)
        return err_oom(e);
    if (n)
        memcpy(all, t->c.people, (size_t)n * sizeof *all);
    for (int i = 0; i < r->count; i++)
        if (!is_here(t, &r->rows[i]))
            all[more++] = (struct handed_by){*r->rows[i].name ? r->rows[i].name : r->rows[i].id,
                                             r->rows[i].id, r->rows[i].email, ""};
    t->c.people = all;
    t->c.people_count = more;
    return 0;
}

/* The roster's rows by person, in the gradebook's order. */
int people_match_roster(struct taker *t, struct err *e)
{
    if (!t->in->roster)
        return 0;
    t->rows = arena_zalloc(&t->a, (size_t)(t->c.people_count + 1) * sizeof *t->rows);
    for (int i = 0; t->rows && i < t->c.people_count; i++) {
        t->rows[i] = roster_find(t->in->roster, t->c.people[i].name, number_of(t, i),
                                 t->c.people[i].email);
        if (t->rows[i] && !*t->c.people[i].number)
            t->c.people[i].number = t->rows[i]->id;
        if (t->rows[i] && !*t->c.people[i].email)
            t->c.people[i].email = t->rows[i]->email;
    }
    return t->rows ? 0 : err_oom(e);
}

int people_store(struct taker *t, struct err *e)
{
    const char **taken = arena_zalloc(&t->a, (size_t)(t->c.people_count + 1) * sizeof *taken);

    for (int i = 0; taken && i < t->c.people_count; i++) {
        const struct handed_by *p = &t->c.people[i];

        taken[i] = safe_folder(&t->a, p, taken, i);
        if (!taken[i])
            return err_oom(e);
        if (store_add_student(t->s,
                              &(struct stored_student){i + 1, p->name, p->number, p->email,
                                                       p->submission, taken[i]},
                              e) < 0)
            return -1;
    }
    return taken ? 0 : err_oom(e);
}
