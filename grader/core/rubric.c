/* rubric.c - exercise.yml through libyaml's document tree into struct rubric.
 *
 * libyaml keeps a line and a column for every node, so each refusal says where. The
 * schema is written once, as the tables of known keys below: a key that is not in its
 * table is refused, which catches the typing mistakes that would silently change a grade.
 */
#include "core/rubric.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <string.h>
#include <yaml.h>

#define RUBRIC_FORMAT "lockstep/exercise/1"

struct reader {
    yaml_document_t doc;
    const char *path;
    struct arena *a;
    struct err *e;
};

static int __attribute__((format(printf, 3, 4)))
bad(struct reader *r, const yaml_node_t *n, const char *fmt, ...)
{
    char what[320];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return err_set(r->e, ERR_EXERCISE, "%s:%zu:%zu: %s", r->path, n->start_mark.line + 1,
                   n->start_mark.column + 1, what);
}

static const char *scalar(const yaml_node_t *n)
{
    return (const char *)n->data.scalar.value;
}

static int need_text(struct reader *r, const yaml_node_t *n, const char *what, const char **ret)
{
    if (n->type != YAML_SCALAR_NODE || n->data.scalar.length == 0)
        return bad(r, n, "'%s' must be a text that is not empty", what);
    if (strlen(scalar(n)) != n->data.scalar.length)
        return bad(r, n, "'%s' holds a NUL byte", what);
    *ret = arena_strdup(r->a, scalar(n));
    return *ret ? 0 : err_oom(r->e);
}

static int need_number(struct reader *r, const yaml_node_t *n, const char *what, long lo,
                       long hi, long *ret)
{
    if (n->type != YAML_SCALAR_NODE || !parse_long(scalar(n), lo, hi, ret))
        return bad(r, n, "'%s' must be a whole number from %ld to %ld", what, lo, hi);
    return 0;
}

/* Calls use(key, value) for each pair of a mapping; the callee knows its own keys. */
typedef int pair_fn(struct reader *r, const char *key, yaml_node_t *k, yaml_node_t *v,
                    void *to);

static int each_pair(struct reader *r, yaml_node_t *map, const char *what, pair_fn *use,
                     void *to)
{
    if (map->type != YAML_MAPPING_NODE)
        return bad(r, map, "'%s' must be a mapping of keys to values", what);
    for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top;
         p++) {
        yaml_node_t *k = yaml_document_get_node(&r->doc, p->key);
        yaml_node_t *v = yaml_document_get_node(&r->doc, p->value);

        if (k->type != YAML_SCALAR_NODE)
            return bad(r, k, "a key of '%s' must be a word", what);
        for (yaml_node_pair_t *q = map->data.mapping.pairs.start; q < p; q++) {
            yaml_node_t *o = yaml_document_get_node(&r->doc, q->key);

            if (strcmp(scalar(o), scalar(k)) == 0)
                return bad(r, k, "'%s' stands twice", scalar(k));
        }
        if (use(r, scalar(k), k, v, to) < 0)
            return -1;
    }
    return 0;
}

static int read_title(struct reader *r, const char *key, yaml_node_t *k, yaml_node_t *v,
                      void *to)
{
    const char **title = to;

    if (strcmp(key, "en") == 0)
        return need_text(r, v, "en", &title[LANG_EN]);
    if (strcmp(key, "zh") == 0)
        return need_text(r, v, "zh", &title[LANG_ZH]);
    return bad(r, k, "unknown language '%s', expected en or zh", key);
}

static int read_words(struct reader *r, yaml_node_t *n, const char *what, const char ***ret)
{
    size_t count, i = 0;
    const char **words;

    if (n->type != YAML_SEQUENCE_NODE)
        return bad(r, n, "'%s' must be a list", what);
    count = (size_t)(n->data.sequence.items.top - n->data.sequence.items.start);
    words = arena_zalloc(r->a, (count + 1) * sizeof *words);
    if (!words)
        return err_oom(r->e);
    for (yaml_node_item_t *it = n->data.sequence.items.start; it < n->data.sequence.items.top;
         it++)
        if (need_text(r, yaml_document_get_node(&r->doc, *it), what, &words[i++]) < 0)
            return -1;
    *ret = words;
    return 0;
}

static int read_hints(struct reader *r, const char *key, yaml_node_t *k, yaml_node_t *v,
                      void *to)
{
    const char *(*hints)[RUBRIC_HINTS] = to;
    const char **words;
    int l;

    if (strcmp(key, "en") == 0)
        l = LANG_EN;
    else if (strcmp(key, "zh") == 0)
        l = LANG_ZH;
    else
        return bad(r, k, "unknown language '%s', expected en or zh", key);
    if (read_words(r, v, "hints", &words) < 0)
        return -1;
    for (int i = 0; i < RUBRIC_HINTS; i++) {
        if (!words[i])
            return bad(r, v,
                       "'hints' needs three steps: a question, a direction, almost there");
        hints[l][i] = words[i];
    }
    if (words[RUBRIC_HINTS])
        return bad(r, v, "'hints' has more than three steps");
    return 0;
}

static int read_visibility(struct reader *r, yaml_node_t *n, const char **ret)
{
    static const char *const known[] = {"visible", "hidden", "after_due_date",
                                        "after_published"};
    const char *word;

    if (need_text(r, n, "visibility", &word) < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (strcmp(word, known[i]) == 0) {
            *ret = known[i];
            return 0;
        }
    return bad(r, n,
               "unknown visibility '%s', expected visible, hidden, after_due_date or "
               "after_published",
               word);
}

static int read_modes(struct reader *r, yaml_node_t *n, unsigned *ret)
{
    const char **words;

    if (read_words(r, n, "modes", &words) < 0)
        return -1;
    *ret = 0;
    for (int i = 0; words[i]; i++) {
        enum mode m;

        if (!mode_parse(words[i], &m))
            return bad(r, n,
                       "unknown mode '%s', expected native, helgrind, memcheck or explore",
                       words[i]);
        *ret |= 1u << m;
    }
    if (!(*ret & 1u << MODE_NATIVE))
        return bad(r, n, "'modes' must name native");
    return 0;
}

static int read_test(struct reader *r, const char *key, yaml_node_t *k, yaml_node_t *v,
                     void *to)
{
    struct rubric_test *t = to;
    long points;

    if (strcmp(key, "id") == 0) {
        if (need_text(r, v, "id", &t->id) < 0)
            return -1;
        if (strspn(t->id, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(t->id))
            return bad(r, v, "'id' is made of a-z, 0-9 and dashes");
        return 0;
    }
    if (strcmp(key, "title") == 0)
        return each_pair(r, v, "title", read_title, t->title);
    if (strcmp(key, "points") == 0) {
        if (need_number(r, v, "points", 1, RUBRIC_POINTS, &points) < 0)
            return -1;
        t->points = (int)points;
        return 0;
    }
    if (strcmp(key, "modes") == 0)
        return read_modes(r, v, &t->modes);
    if (strcmp(key, "hints") == 0)
        return each_pair(r, v, "hints", read_hints, t->hints);
    if (strcmp(key, "visibility") == 0)
        return read_visibility(r, v, &t->visibility);
    return bad(r, k, "unknown key '%s' in a test", key);
}

static int check_test(struct reader *r, yaml_node_t *n, const struct rubric *ru, int i)
{
    const struct rubric_test *t = &ru->tests[i];

    if (!t->id || !t->points || !t->modes)
        return bad(r, n, "a test needs id, points and modes");
    for (int l = 0; l < LANG_COUNT; l++)
        if (!t->title[l] || !t->hints[l][0])
            return bad(r, n, "test '%s' needs title and hints in en and zh", t->id);
    for (int k = 0; k < i; k++)
        if (strcmp(ru->tests[k].id, t->id) == 0)
            return bad(r, n, "test '%s' stands twice", t->id);
    return 0;
}

static int read_tests(struct reader *r, yaml_node_t *n, struct rubric *ru)
{
    int i = 0;

    if (n->type != YAML_SEQUENCE_NODE ||
        n->data.sequence.items.start == n->data.sequence.items.top)
        return bad(r, n, "'tests' must be a list of at least one test");
    ru->test_count = (int)(n->data.sequence.items.top - n->data.sequence.items.start);
    ru->tests = arena_zalloc(r->a, (size_t)ru->test_count * sizeof *ru->tests);
    if (!ru->tests)
        return err_oom(r->e);
    for (yaml_node_item_t *it = n->data.sequence.items.start; it < n->data.sequence.items.top;
         it++, i++) {
        yaml_node_t *t = yaml_document_get_node(&r->doc, *it);

        ru->tests[i].visibility = "visible";
        if (each_pair(r, t, "tests", read_test, &ru->tests[i]) < 0 ||
            check_test(r, t, ru, i) < 0)
            return -1;
    }
    return 0;
}

static int read_limit(struct reader *r, const char *key, yaml_node_t *k, yaml_node_t *v,
                      void *to)
{
    struct limits *l = to;
    const struct {
        const char *key;
        long lo, hi, *to;
    } known[] = {
        {"cpu", 1, 600, &l->cpu_s},           {"wall", 1, 3600, &l->wall_s},
        {"memory", 16, 65536, &l->memory_mb}, {"processes", 1, 4096, &l->processes},
        {"output", 1, 65536, &l->output_kb},  {"file", 1, 4096, &l->file_mb},
    };

    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (strcmp(known[i].key, key) == 0)
            return need_number(r, v, key, known[i].lo, known[i].hi, known[i].to);
    return bad(r, k, "unknown limit '%s'", key);
}

static int read_edit(struct reader *r, yaml_node_t *v, struct rubric *ru)
{
    size_t n;

    if (need_text(r, v, "edit", &ru->edit) < 0)
        return -1;
    n = strlen(ru->edit);
    if (n < 3 || strcmp(ru->edit + n - 2, ".c") != 0 ||
        strspn(ru->edit, "abcdefghijklmnopqrstuvwxyz0123456789_.") != n)
        return bad(r, v, "'edit' must name one .c file, made of a-z, 0-9 and underscores");
    return 0;
}

static int read_draft(struct reader *r, yaml_node_t *v, struct rubric *ru)
{
    if (v->type == YAML_SCALAR_NODE && strcmp(scalar(v), "yes") == 0)
        ru->draft = true;
    else if (v->type != YAML_SCALAR_NODE || strcmp(scalar(v), "no") != 0)
        return bad(r, v, "'draft' must be yes or no");
    return 0;
}

static int read_api(struct reader *r, yaml_node_t *v, struct rubric *ru)
{
    int n = 0;

    if (read_words(r, v, "api", &ru->api) < 0)
        return -1;
    while (ru->api[n])
        n++;
    if (n < 1 || n > RUBRIC_API_MAX)
        return bad(r, v, "'api' must name 1 to %d functions", RUBRIC_API_MAX);
    return 0;
}

static int read_top(struct reader *r, const char *key, yaml_node_t *k, yaml_node_t *v, void *to)
{
    struct rubric *ru = to;

    if (strcmp(key, "format") == 0) {
        if (v->type != YAML_SCALAR_NODE || strcmp(scalar(v), RUBRIC_FORMAT) != 0)
            return bad(r, v, "'format' must be %s", RUBRIC_FORMAT);
        return 0;
    }
    if (strcmp(key, "id") == 0)
        return need_text(r, v, "id", &ru->id);
    if (strcmp(key, "title") == 0)
        return each_pair(r, v, "title", read_title, ru->title);
    if (strcmp(key, "edit") == 0)
        return read_edit(r, v, ru);
    if (strcmp(key, "api") == 0)
        return read_api(r, v, ru);
    if (strcmp(key, "forbidden") == 0)
        return read_words(r, v, "forbidden", &ru->forbidden);
    if (strcmp(key, "allowed") == 0)
        return read_words(r, v, "allowed", &ru->allowed);
    if (strcmp(key, "draft") == 0)
        return read_draft(r, v, ru);
    if (strcmp(key, "limits") == 0)
        return each_pair(r, v, "limits", read_limit, &ru->limits);
    if (strcmp(key, "tests") == 0)
        return read_tests(r, v, ru);
    return bad(r, k, "unknown key '%s'", key);
}

static int read_document(struct reader *r, struct rubric *ret)
{
    static const char *none[] = {NULL};
    struct rubric ru = {.limits = LIMITS_DEFAULT, .forbidden = none, .allowed = none};
    yaml_node_t *root = yaml_document_get_root_node(&r->doc);

    if (!root)
        return err_set(r->e, ERR_EXERCISE, "%s:1:1: the file is empty", r->path);
    if (each_pair(r, root, "the file", read_top, &ru) < 0)
        return -1;
    if (!ru.id || !ru.edit || !ru.api || !ru.tests || !ru.title[LANG_EN] || !ru.title[LANG_ZH])
        return bad(r, root, "needs id, title (en and zh), edit, api and tests");
    *ret = ru;
    return 0;
}

int rubric_load(const char *path, struct arena *a, struct rubric *ret, struct err *e)
{
    struct reader r = {.path = path, .a = a, .e = e};
    auto_free char *text = NULL;
    size_t len;
    yaml_parser_t parser;
    int rc;

    if (slurp(path, 1 << 20, &text, &len, e) < 0) {
        e->kind = ERR_EXERCISE;
        return -1;
    }
    if (!yaml_parser_initialize(&parser))
        return err_oom(e);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    if (!yaml_parser_load(&parser, &r.doc)) {
        err_set(e, ERR_EXERCISE, "%s:%zu:%zu: %s%s%s", path, parser.problem_mark.line + 1,
                parser.problem_mark.column + 1, parser.problem ? parser.problem : "not YAML",
                parser.context ? " " : "", parser.context ? parser.context : "");
        yaml_parser_delete(&parser);
        return -1;
    }
    rc = read_document(&r, ret);
    yaml_document_delete(&r.doc);
    yaml_parser_delete(&parser);
    return rc;
}

const struct rubric_test *rubric_find(const struct rubric *r, const char *id)
{
    for (int i = 0; i < r->test_count; i++)
        if (strcmp(r->tests[i].id, id) == 0)
            return &r->tests[i];
    return NULL;
}

bool rubric_allows(const struct rubric *r, const char *symbol)
{
    for (int i = 0; r->allowed[i]; i++)
        if (fnmatch(r->allowed[i], symbol, 0) == 0)
            return true;
    return false;
}

bool rubric_forbids(const struct rubric *r, const char *symbol)
{
    for (int i = 0; r->forbidden[i]; i++)
        if (fnmatch(r->forbidden[i], symbol, 0) == 0)
            return true;
    return false;
}
