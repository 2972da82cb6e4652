/* words.c - a .mo file in memory, and templates recognised in finished sentences. */
#include "report/words.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "core/place.h"
#include "core/verdict.h"

/* WORK: steps of matching that one sentence may cost; what is not recognised by then stays
 * English, so that no name, however made, holds a report up. Ours take some thousands. */
enum { MO_MAX = 8 << 20, ARGS = 8, DEPTH = 4, WORK = 300000, COLONS = 6 };

static const uint32_t MO_MAGIC = 0x950412de;

struct entry {
    const char *id, *text;
};

static struct {
    bool opened;
    char *data;
    struct entry *all;
    int count;
} book;

/* ---- the file ------------------------------------------------------------------------ */

/* String `i` of the table at `table`; NULL when the file is not what it should be. */
static const char *mo_string(const char *data, size_t size, uint32_t table, uint32_t i)
{
    uint32_t pair[2];
    const uint64_t at = (uint64_t)table + 8 * (uint64_t)i;

    if (at + 8 > size)
        return NULL;
    memcpy(pair, data + at, sizeof pair);
    if ((uint64_t)pair[1] + pair[0] >= size || data[(size_t)pair[1] + pair[0]] != 0)
        return NULL;
    return data + pair[1];
}

/* "lost-wakeup: the event ..." is told without the verdict in front of it. */
static const char *behind_verdict(const char *s)
{
    const char *colon = strstr(s, ": ");
    char name[32];
    enum verdict v;

    if (!colon || (size_t)(colon - s) >= sizeof name)
        return s;
    snprintf(name, sizeof name, "%.*s", (int)(colon - s), s);
    return verdict_parse(name, &v) ? colon + 2 : s;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->id, ((const struct entry *)b)->id);
}

static bool load(char *data, size_t size)
{
    uint32_t head[5];
    struct entry *all;
    int n = 0;

    if (size < sizeof head)
        return false;
    memcpy(head, data, sizeof head);
    if (head[0] != MO_MAGIC || head[2] > size / 8)
        return false;
    all = calloc((size_t)head[2] + 1, sizeof *all);
    for (uint32_t i = 0; all && i < head[2]; i++) {
        const char *id = mo_string(data, size, head[3], i);
        const char *text = mo_string(data, size, head[4], i);

        if (!id || !text) {
            free(all);
            return false;
        }
        if (*id && *text)
            all[n++] = (struct entry){behind_verdict(id), behind_verdict(text)};
    }
    if (!all)
        return false;
    qsort(all, (size_t)n, sizeof *all, by_id);
    book.data = data;
    book.all = all;
    book.count = n;
    return true;
}

void words_open(void)
{
    struct err ignored = {0};
    struct arena a = {0};
    const char *path;
    char *data = NULL;
    size_t size;

    if (book.opened)
        return;
    book.opened = true;
    path = place_find("locale/zh_CN/LC_MESSAGES/lockstep.mo", &a);
    if (path && slurp(path, MO_MAX, &data, &size, &ignored) == 0 && !load(data, size))
        free(data);
    arena_release(&a);
}

static const struct entry *find(const char *id)
{
    const struct entry key = {.id = id};

    words_open();
    return book.count ? bsearch(&key, book.all, (size_t)book.count, sizeof *book.all, by_id)
                      : NULL;
}

const char *tr(enum lang lang, const char *msgid)
{
    const struct entry *e = lang == LANG_ZH ? find(msgid) : NULL;

    return e ? e->text : msgid;
}

/* ---- templates ----------------------------------------------------------------------- */

struct arg {
    const char *at;
    size_t len;
};

/* A conversion at `f` ("%s", "%2$s", "%.60s", "%llu"): its length, 0 when it is none. `number`:
 * which argument, counted from 1; 0 when it does not say. */
static size_t conversion(const char *f, char *kind, int *number)
{
    const char *p = f;
    long n = 0;

    if (*p++ != '%' || *p == '%')
        return 0;
    while (isdigit((unsigned char)*p))
        n = n * 10 + (*p++ - '0');
    *number = *p == '$' ? (int)n : 0;
    p += *p == '$';
    while (*p && strchr("0123456789.-+ ", *p))
        p++;
    while (*p && strchr("hlzjt", *p))
        p++;
    *kind = *p;
    return *p ? (size_t)(p - f) + 1 : 0;
}

static bool fits(char kind, const char *at, size_t len)
{
    size_t i = 0;

    if (kind == 's' || kind == 'c')
        return true;
    if (kind == 'g' || kind == 'f' || kind == 'e') /* 0.5, 1e+06, inf, nan */
        return len > 0 && strspn(at, "0123456789.+-einfa") >= len;
    if (len && at[0] == '-')
        i = 1;
    if (i == len)
        return false;
    for (; i < len; i++)
        if (!isxdigit((unsigned char)at[i]) || (kind != 'x' && !isdigit((unsigned char)at[i])))
            return false;
    return true;
}

/* Does the template make this sentence? Shortest parts first, taken back when the rest does not
 * fit. `work` is what is left of WORK. */
static bool match(const char *f, const char *s, struct arg *args, int n, int *work)
{
    char kind;
    int number;
    size_t c;

    for (; *f && *f != '%'; f++, s++)
        if (*f != *s)
            return false;
    if (!*f)
        return !*s;
    if (f[1] == '%')
        return *s == '%' && match(f + 2, s + 1, args, n, work);
    c = conversion(f, &kind, &number);
    if (!c || n == ARGS)
        return false;
    for (size_t len = 0;; len++) {
        if (--*work < 0)
            return false;
        args[n] = (struct arg){s, len};
        if (fits(kind, s, len) && (f[c] == '\0' ? s[len] == '\0' : true)) {
            if (match(f + c, s + len, args, n + 1, work))
                return true;
        }
        if (!s[len])
            return false;
    }
}

/* How much of a template is its own words: the more, the surer. */
static int literal(const char *f)
{
    char kind;
    int n = 0, number;

    while (*f) {
        const size_t c = *f == '%' ? conversion(f, &kind, &number) : 0;

        n += c == 0;
        f += c ? c : 1;
    }
    return n;
}

static const struct entry *recognise(const char *s, struct arg args[static ARGS], int *work)
{
    const struct entry *best = NULL;
    int best_words = 3; /* "%s: %s" says nothing */

    for (int i = 0; i < book.count; i++) {
        const struct entry *e = &book.all[i];
        struct arg found[ARGS] = {{0}};
        int words;

        if (!strchr(e->id, '%') || (words = literal(e->id)) <= best_words ||
            !match(e->id, s, found, 0, work))
            continue;
        best = e;
        best_words = words;
        memcpy(args, found, sizeof found);
    }
    return best;
}

static bool say_at(struct buf *b, const char *s, int depth, int *work);

static void say_part(struct buf *b, const char *s, size_t len, int depth, int *work)
{
    struct buf part = {0};

    buf_add(&part, s, len);
    if (part.data && !say_at(b, part.data, depth + 1, work))
        buf_add(b, s, len);
    buf_release(&part);
}

static bool is_wide(char c)
{
    return (unsigned char)c >= 0x80;
}

/* Chinese has no blank between its own words: one before `at` goes when both sides are Chinese.
 */
static void close_up(struct buf *b, size_t at)
{
    if (at < 2 || at >= b->len || b->data[at - 1] != ' ' || !is_wide(b->data[at - 2]) ||
        !is_wide(b->data[at]))
        return;
    memmove(b->data + at - 1, b->data + at, b->len - at + 1);
    b->len--;
}

static void fill(struct buf *b, const char *f, const struct arg *args, int depth, int *work)
{
    int next = 0;

    while (*f) {
        char kind;
        int number;
        const size_t c = *f == '%' ? conversion(f, &kind, &number) : 0;

        if (!c) {
            f += f[0] == '%' && f[1] == '%';
            buf_add(b, f++, 1);
            continue;
        }
        number = number ? number - 1 : next++;
        if (number >= 0 && number < ARGS && args[number].at) {
            const size_t at = b->len;

            say_part(b, args[number].at, args[number].len, depth, work);
            close_up(b, at);
        }
        f += c;
        if (*f == ' ' && is_wide(f[1]) && b->len && is_wide(b->data[b->len - 1]))
            f++;
    }
}

/* "thread 2 of process 1 waits ...", "main locks": who it is, then what. */
static size_t who_prefix(const char *s)
{
    static const char *const kinds[] = {"thread ", "process ", "task "};
    size_t n = 0;

    if (strncmp(s, "main", 4) == 0 && (s[4] == ' ' || !s[4]))
        return 4;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        const size_t k = strlen(kinds[i]);

        if (strncmp(s, kinds[i], k) != 0 || !isdigit((unsigned char)s[k]))
            continue;
        n = k + strspn(s + k, "0123456789");
        if (strncmp(s + n, " of process ", 12) == 0 && isdigit((unsigned char)s[n + 12]))
            n += 12 + strspn(s + n + 12, "0123456789");
        return n;
    }
    return 0;
}

static bool say_who(struct buf *b, const char *s, int depth, int *work)
{
    const size_t n = who_prefix(s);
    size_t at;

    if (!n || s[n] != ' ' || depth >= DEPTH)
        return false;
    say_part(b, s, n, depth, work);
    buf_puts(b, " ");
    at = b->len;
    say_part(b, s + n + 1, strlen(s + n + 1), depth, work);
    close_up(b, at);
    return true;
}

/* "event.c:31: message", and "message: 'counter'". */
static bool say_around(struct buf *b, const char *s, int depth, int *work)
{
    const char *colon = strstr(s, ": ");
    struct buf front = {0};
    bool done = false;

    if (!colon || depth >= DEPTH)
        return false;
    if (colon > s && isdigit((unsigned char)colon[-1]) &&
        memchr(s, ' ', (size_t)(colon - s)) == NULL) {
        buf_add(b, s, (size_t)(colon + 2 - s));
        say_part(b, colon + 2, strlen(colon + 2), depth, work);
        return true;
    }
    for (int tries = 0; !done && colon && tries<COLONS && * work> 0;
         colon = strstr(colon + 1, ": "), tries++) {
        const size_t kept = b->len;

        front.len = 0;
        buf_add(&front, s, (size_t)(colon - s));
        if (!front.data || !say_at(b, front.data, DEPTH - 1, work)) {
            b->len = kept;
            continue;
        }
        buf_puts(b, "：");
        say_part(b, colon + 2, strlen(colon + 2), depth, work);
        done = true;
    }
    buf_release(&front);
    return done;
}

/* "unlocks a mutex that nobody holds: byte 8 of a block": what stands before the colon is a
 * sentence of its own, and surer than a template that takes all of it ("unlocks %s"). */
static bool say_front(struct buf *b, const char *s, int depth, int *work)
{
    const char *colon = strstr(s, ": ");
    struct buf front = {0};
    const struct entry *e;

    if (!colon || depth >= DEPTH || !memchr(s, ' ', (size_t)(colon - s)))
        return false;
    buf_add(&front, s, (size_t)(colon - s));
    e = front.data ? find(front.data) : NULL;
    buf_release(&front);
    if (!e)
        return false;
    buf_puts(b, e->text);
    buf_puts(b, "：");
    say_part(b, colon + 2, strlen(colon + 2), depth, work);
    return true;
}

/* false, and nothing appended, when nothing of it is known. */
static bool say_at(struct buf *b, const char *s, int depth, int *work)
{
    struct arg args[ARGS] = {{0}};
    const struct entry *e = find(s);

    if (e) {
        buf_puts(b, e->text);
        return true;
    }
    if (say_front(b, s, depth, work))
        return true;
    if (depth<DEPTH && * work> 0 && (e = recognise(s, args, work))) {
        fill(b, e->text, args, depth, work);
        return true;
    }
    return say_who(b, s, depth, work) || say_around(b, s, depth, work);
}

void say(struct buf *b, enum lang lang, const char *sentence)
{
    int work = WORK;

    if (sentence && (lang != LANG_ZH || !say_at(b, sentence, 0, &work)))
        buf_puts(b, sentence);
}

bool words_know(enum lang lang, const char *sentence)
{
    struct buf b = {0};
    int work = WORK;
    const bool known = lang != LANG_ZH || say_at(&b, sentence, 0, &work);

    buf_release(&b);
    return known;
}
