/* rubric.c - exercise.yml into struct rubric. The schema is written once, as the known keys
 * below. */
#include "core/rubric.h"

#include <fnmatch.h>
#include <string.h>

#include "core/yml.h"

#define RUBRIC_FORMAT "lockstep/exercise/1"
#define HIDDEN_FORMAT "lockstep/hidden/1"

int rubric_read_title(struct yml *r, const char *key, yaml_node_t *k, yaml_node_t *v, void *to)
{
    const char **title = to;

    if (strcmp(key, "en") == 0)
        return yml_text(r, v, "en", &title[LANG_EN]);
    if (strcmp(key, "zh") == 0)
        return yml_text(r, v, "zh", &title[LANG_ZH]);
    return yml_bad(r, k, "unknown language '%s', expected en or zh", key);
}

static int read_hints(struct yml *r, const char *key, yaml_node_t *k, yaml_node_t *v, void *to)
{
    const char *(*hints)[RUBRIC_HINTS] = to;
    const char **words;
    int l;

    if (strcmp(key, "en") == 0)
        l = LANG_EN;
    else if (strcmp(key, "zh") == 0)
        l = LANG_ZH;
    else
        return yml_bad(r, k, "unknown language '%s', expected en or zh", key);
    if (yml_words(r, v, "hints", &words) < 0)
        return -1;
    for (int i = 0; i < RUBRIC_HINTS; i++) {
        if (!words[i])
            return yml_bad(r, v,
                           "'hints' needs three steps: a question, a direction, almost there");
        hints[l][i] = words[i];
    }
    if (words[RUBRIC_HINTS])
        return yml_bad(r, v, "'hints' has more than three steps");
    return 0;
}

int rubric_read_visibility(struct yml *r, yaml_node_t *n, const char **ret)
{
    static const char *const known[] = {"visible", "hidden", "after_due_date",
                                        "after_published"};
    const char *word;

    if (yml_text(r, n, "visibility", &word) < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (strcmp(word, known[i]) == 0) {
            *ret = known[i];
            return 0;
        }
    return yml_bad(r, n,
                   "unknown visibility '%s', expected visible, hidden, after_due_date or "
                   "after_published",
                   word);
}

static int read_modes(struct yml *r, yaml_node_t *n, unsigned *ret)
{
    const char **words;

    if (yml_words(r, n, "modes", &words) < 0)
        return -1;
    *ret = 0;
    for (int i = 0; words[i]; i++) {
        enum mode m;

        if (!mode_parse(words[i], &m))
            return yml_bad(r, n,
                           "unknown mode '%s', expected native, helgrind, memcheck or explore",
                           words[i]);
        *ret |= 1u << m;
    }
    if (!(*ret & 1u << MODE_NATIVE))
        return yml_bad(r, n, "'modes' must name native");
    return 0;
}

static int read_test(struct yml *r, const char *key, yaml_node_t *k, yaml_node_t *v, void *to)
{
    struct rubric_test *t = to;
    long points;

    if (strcmp(key, "id") == 0) {
        if (yml_text(r, v, "id", &t->id) < 0)
            return -1;
        if (strspn(t->id, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(t->id))
            return yml_bad(r, v, "'id' is made of a-z, 0-9 and dashes");
        return 0;
    }
    if (strcmp(key, "title") == 0)
        return yml_each_pair(r, v, "title", rubric_read_title, t->title);
    if (strcmp(key, "points") == 0) {
        if (yml_number(r, v, "points", 1, RUBRIC_POINTS, &points) < 0)
            return -1;
        t->points = (int)points;
        return 0;
    }
    if (strcmp(key, "modes") == 0)
        return read_modes(r, v, &t->modes);
    if (strcmp(key, "hints") == 0)
        return yml_each_pair(r, v, "hints", read_hints, t->hints);
    if (strcmp(key, "visibility") == 0)
        return rubric_read_visibility(r, v, &t->visibility);
    return yml_bad(r, k, "unknown key '%s' in a test", key);
}

/* One language may be enough (course.yml): what is missing is taken from the other, and
 * `languages` says what was there. */
static int complete_texts(struct yml *r, yaml_node_t *n, const char *what,
                          const char *title[LANG_COUNT], const char *(*hints)[RUBRIC_HINTS],
                          unsigned *languages)
{
    for (int l = 0; l < LANG_COUNT; l++)
        if (!title[l] || (hints && !hints[l][0]))
            *languages &= ~(1u << l);
    for (int l = 0; l < LANG_COUNT; l++) {
        const int other = 1 - l;

        if (!title[l])
            title[l] = title[other];
        for (int i = 0; hints && i < RUBRIC_HINTS; i++)
            if (!hints[l][i])
                hints[l][i] = hints[other][i];
    }
    if (!title[LANG_EN] || (hints && !hints[LANG_EN][0]))
        return yml_bad(r, n, "%s needs title%s in en or zh", what, hints ? " and hints" : "");
    return 0;
}

static int check_test(struct yml *r, yaml_node_t *n, struct rubric *ru, int i)
{
    struct rubric_test *t = &ru->tests[i];
    char what[96];

    if (!t->id || !t->points || !t->modes)
        return yml_bad(r, n, "a test needs id, points and modes");
    snprintf(what, sizeof what, "test '%.80s'", t->id);
    for (int k = 0; k < i; k++)
        if (strcmp(ru->tests[k].id, t->id) == 0)
            return yml_bad(r, n, "test '%s' stands twice", t->id);
    return complete_texts(r, n, what, t->title, t->hints, &ru->languages);
}

/* Behind those that are there. */
static int read_tests(struct yml *r, yaml_node_t *n, struct rubric *ru, bool hidden)
{
    struct rubric_test *all;
    int i = ru->test_count, more;

    if (n->type != YAML_SEQUENCE_NODE ||
        n->data.sequence.items.start == n->data.sequence.items.top)
        return yml_bad(r, n, "'tests' must be a list of at least one test");
    more = (int)(n->data.sequence.items.top - n->data.sequence.items.start);
    all = arena_zalloc(r->a, (size_t)(i + more) * sizeof *all);
    if (!all)
        return err_oom(r->e);
    if (i)
        memcpy(all, ru->tests, (size_t)i * sizeof *all);
    ru->tests = all;
    for (yaml_node_item_t *it = n->data.sequence.items.start; it < n->data.sequence.items.top;
         it++, i++) {
        yaml_node_t *t = yaml_document_get_node(&r->doc, *it);

        all[i].visibility = hidden ? "hidden" : NULL;
        all[i].hidden = hidden;
        if (yml_each_pair(r, t, "tests", read_test, &all[i]) < 0 || check_test(r, t, ru, i) < 0)
            return -1;
    }
    ru->test_count = i;
    return 0;
}

static int read_limit(struct yml *r, const char *key, yaml_node_t *k, yaml_node_t *v, void *to)
{
    struct limits *l = to;
    const struct {
        const char *key;
        long lo, hi, *to;
    } known[] = {
        {"cpu", 1, 600, &l->cpu_s},           {"wall", 1, 3600, &l->wall_s},
        {"memory", 16, 65536, &l->memory_mb}, {"processes", 1, 4096, &l->processes},
        {"output", 1, 65536, &l->output_kb},  {"file", 1, 4096, &l->file_mb},
        {"all", 1, 36000, &l->all_s},
    };

    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (strcmp(known[i].key, key) == 0)
            return yml_number(r, v, key, known[i].lo, known[i].hi, known[i].to);
    return yml_bad(r, k, "unknown limit '%s'", key);
}

static int read_edit(struct yml *r, yaml_node_t *v, struct rubric *ru)
{
    size_t n;

    if (yml_text(r, v, "edit", &ru->edit) < 0)
        return -1;
    n = strlen(ru->edit);
    if (n < 3 || strcmp(ru->edit + n - 2, ".c") != 0 ||
        strspn(ru->edit, "abcdefghijklmnopqrstuvwxyz0123456789_.") != n)
        return yml_bad(r, v, "'edit' must name one .c file, made of a-z, 0-9 and underscores");
    return 0;
}

static int read_api(struct yml *r, yaml_node_t *v, struct rubric *ru)
{
    int n = 0;

    if (yml_words(r, v, "api", &ru->api) < 0)
        return -1;
    while (ru->api[n])
        n++;
    if (n < 1 || n > RUBRIC_API_MAX)
        return yml_bad(r, v, "'api' must name 1 to %d functions", RUBRIC_API_MAX);
    return 0;
}

static int read_top(struct yml *r, const char *key, yaml_node_t *k, yaml_node_t *v, void *to)
{
    struct rubric *ru = to;

    if (strcmp(key, "format") == 0) {
        if (v->type != YAML_SCALAR_NODE || strcmp(yml_scalar(v), RUBRIC_FORMAT) != 0)
            return yml_bad(r, v, "'format' must be %s", RUBRIC_FORMAT);
        return 0;
    }
    if (strcmp(key, "id") == 0)
        return yml_text(r, v, "id", &ru->id);
    if (strcmp(key, "title") == 0)
        return yml_each_pair(r, v, "title", rubric_read_title, ru->title);
    if (strcmp(key, "edit") == 0)
        return read_edit(r, v, ru);
    if (strcmp(key, "api") == 0)
        return read_api(r, v, ru);
    if (strcmp(key, "forbidden") == 0)
        return yml_words(r, v, "forbidden", &ru->forbidden);
    if (strcmp(key, "allowed") == 0)
        return yml_words(r, v, "allowed", &ru->allowed);
    if (strcmp(key, "draft") == 0)
        return yml_flag(r, v, "draft", &ru->draft);
    if (strcmp(key, "limits") == 0)
        return yml_each_pair(r, v, "limits", read_limit, &ru->limits);
    if (strcmp(key, "tests") == 0)
        return read_tests(r, v, ru, false);
    return yml_bad(r, k, "unknown key '%s'", key);
}

static int read_document(struct yml *r, yaml_node_t *root, void *to)
{
    static const char *none[] = {NULL};
    struct rubric *ret = to, ru = {.limits = LIMITS_DEFAULT,
                                   .forbidden = none,
                                   .allowed = none,
                                   .visibility = ret->visibility,
                                   .languages = (1u << LANG_COUNT) - 1};

    if (yml_each_pair(r, root, "the file", read_top, &ru) < 0)
        return -1;
    if (!ru.id || !ru.edit || !ru.api || !ru.tests)
        return yml_bad(r, root, "needs id, title, edit, api and tests");
    if (complete_texts(r, root, "the exercise", ru.title, NULL, &ru.languages) < 0)
        return -1;
    for (int i = 0; i < ru.test_count; i++)
        if (!ru.tests[i].visibility)
            ru.tests[i].visibility = ru.visibility;
    *ret = ru;
    return 0;
}

int rubric_load(const char *path, const char *visibility, struct arena *a, struct rubric *ret,
                struct err *e)
{
    struct rubric ru = {.visibility = visibility};

    if (yml_read(path, a, read_document, &ru, e) < 0)
        return -1;
    *ret = ru;
    return 0;
}

static int read_hidden_top(struct yml *r, const char *key, yaml_node_t *k, yaml_node_t *v,
                           void *to)
{
    if (strcmp(key, "format") == 0)
        return v->type == YAML_SCALAR_NODE && strcmp(yml_scalar(v), HIDDEN_FORMAT) == 0
                   ? 0
                   : yml_bad(r, v, "'format' must be %s", HIDDEN_FORMAT);
    if (strcmp(key, "tests") == 0)
        return read_tests(r, v, to, true);
    return yml_bad(r, k, "unknown key '%s', expected format and tests", key);
}

static int read_hidden(struct yml *r, yaml_node_t *root, void *to)
{
    return yml_each_pair(r, root, "the file", read_hidden_top, to);
}

int rubric_load_hidden(const char *path, struct arena *a, struct rubric *r, struct err *e)
{
    return yml_read(path, a, read_hidden, r, e);
}

int rubric_max(const struct rubric *r)
{
    int sum = 0;

    for (int i = 0; i < r->test_count; i++)
        sum += r->tests[i].points;
    return sum ? sum : RUBRIC_POINTS; /* a rubric that could not be read */
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
