/* course.c - course.yml into struct course_file. */
#include "core/course.h"

#include <string.h>

#include "core/yml.h"

#define COURSE_FORMAT "lockstep/course/1"

static int read_languages(struct yml *r, yaml_node_t *v, unsigned *ret)
{
    const char **words;

    if (yml_words(r, v, "languages", &words) < 0)
        return -1;
    *ret = 0;
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], "en") == 0)
            *ret |= 1u << LANG_EN;
        else if (strcmp(words[i], "zh") == 0)
            *ret |= 1u << LANG_ZH;
        else
            return yml_bad(r, v, "unknown language '%s', expected en or zh", words[i]);
    }
    return *ret ? 0 : yml_bad(r, v, "'languages' names none");
}

static int read_deadline(struct yml *r, const char *key, yaml_node_t *k, yaml_node_t *v,
                         void *to)
{
    struct course_deadline *d = to;

    (void)k;
    while (d->exercise)
        d++;
    d->exercise = arena_strdup(r->a, key);
    return d->exercise ? yml_text(r, v, key, &d->when) : err_oom(r->e);
}

static int read_deadlines(struct yml *r, yaml_node_t *v, struct course_file *f)
{
    size_t n = 0;

    if (v->type == YAML_MAPPING_NODE)
        n = (size_t)(v->data.mapping.pairs.top - v->data.mapping.pairs.start);
    f->deadlines = arena_zalloc(r->a, (n + 1) * sizeof *f->deadlines);
    return f->deadlines ? yml_each_pair(r, v, "deadlines", read_deadline, f->deadlines)
                        : err_oom(r->e);
}

static int read_top(struct yml *r, const char *key, yaml_node_t *k, yaml_node_t *v, void *to)
{
    struct course_file *f = to;

    if (strcmp(key, "format") == 0)
        return v->type == YAML_SCALAR_NODE && strcmp(yml_scalar(v), COURSE_FORMAT) == 0
                   ? 0
                   : yml_bad(r, v, "'format' must be %s", COURSE_FORMAT);
    if (strcmp(key, "id") == 0)
        return yml_text(r, v, "id", &f->id);
    if (strcmp(key, "title") == 0)
        return yml_each_pair(r, v, "title", rubric_read_title, f->title);
    if (strcmp(key, "languages") == 0)
        return read_languages(r, v, &f->languages);
    if (strcmp(key, "exercises") == 0)
        return yml_words(r, v, "exercises", &f->exercises);
    if (strcmp(key, "deadlines") == 0)
        return read_deadlines(r, v, f);
    if (strcmp(key, "late") == 0)
        return yml_text(r, v, "late", &f->late);
    if (strcmp(key, "visibility") == 0)
        return rubric_read_visibility(r, v, &f->visibility);
    return yml_bad(r, k, "unknown key '%s'", key);
}

static int read_document(struct yml *r, yaml_node_t *root, void *to)
{
    struct course_file f = *(struct course_file *)to;

    if (yml_each_pair(r, root, "the file", read_top, &f) < 0)
        return -1;
    if (strspn(f.id, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(f.id))
        return yml_bad(r, root, "'id' is made of a-z, 0-9 and dashes");
    for (int l = 0; l < LANG_COUNT; l++)
        if ((f.languages & 1u << l) && !f.title[l])
            return yml_bad(r, root, "needs a title in %s", l == LANG_EN ? "en" : "zh");
    *(struct course_file *)to = f;
    return 0;
}

int course_file_load(const char *path, struct arena *a, struct course_file *ret, struct err *e)
{
    static struct course_deadline none[1];
    struct course_file f = {.id = "course",
                            .languages = (1u << LANG_COUNT) - 1,
                            .visibility = "visible",
                            .deadlines = none};

    if (access(path, F_OK) == 0 && yml_read(path, a, read_document, &f, e) < 0)
        return -1;
    *ret = f;
    return 0;
}

/* A text of YAML in double quotes (YAML 1.2, 7.3.1). */
static void put_quoted(struct buf *b, const char *text)
{
    buf_puts(b, "\"");
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            buf_printf(b, "\\%c", *text);
        else if (*text == '\n')
            buf_puts(b, "\\n");
        else
            buf_add(b, text, 1);
    buf_puts(b, "\"");
}

static void put_exercises(const struct course *c, const struct exercise *const *list,
                          struct buf *ret)
{
    bool some = false;

    for (int i = 0; list ? list[i] != NULL : i < c->count; i++)
        buf_printf(ret, "%s%s", i ? ", " : "exercises: [",
                   list ? list[i]->id : c->exercises[i].id);
    if (list ? list[0] != NULL : c->count > 0)
        buf_puts(ret, "]\n"); /* none: all folders */
    for (int i = 0; list ? list[i] != NULL : i < c->count; i++) {
        const struct exercise *x = list ? list[i] : &c->exercises[i];

        if (!x->deadline)
            continue;
        buf_printf(ret, "%s  %s: ", some ? "" : "deadlines:\n", x->id);
        put_quoted(ret, x->deadline);
        buf_puts(ret, "\n");
        some = true;
    }
}

void course_file_print(const struct course *c, const struct exercise *const *list,
                       struct buf *ret)
{
    static const char *const names[LANG_COUNT] = {[LANG_EN] = "en", [LANG_ZH] = "zh"};
    const char *sep = "";

    buf_printf(ret, "format: " COURSE_FORMAT "\nid: %s\ntitle: {", c->id);
    for (int l = 0; l < LANG_COUNT; l++, sep = ", ") {
        buf_printf(ret, "%s%s: ", sep, names[l]);
        put_quoted(ret, c->title[l] ? c->title[l] : c->id);
    }
    buf_puts(ret, "}\nlanguages: [");
    sep = "";
    for (int l = 0; l < LANG_COUNT; l++)
        if (c->languages & 1u << l) {
            buf_printf(ret, "%s%s", sep, names[l]);
            sep = ", ";
        }
    buf_puts(ret, "]\n");
    put_exercises(c, list, ret);
    if (c->late)
        buf_printf(ret, "late: %s\n", c->late);
    buf_printf(ret, "visibility: %s\n", c->visibility);
}
