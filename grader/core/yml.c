/* yml.c - libyaml's document tree into checked values. */
#include "core/yml.h"

#include <stdarg.h>
#include <string.h>

int yml_bad(struct yml *r, const yaml_node_t *n, const char *fmt, ...)
{
    char what[320];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return err_set(r->e, ERR_EXERCISE, "%s:%zu:%zu: %s", r->path, n->start_mark.line + 1,
                   n->start_mark.column + 1, what);
}

const char *yml_scalar(const yaml_node_t *n)
{
    return (const char *)n->data.scalar.value;
}

int yml_text(struct yml *r, const yaml_node_t *n, const char *what, const char **ret)
{
    if (n->type != YAML_SCALAR_NODE || n->data.scalar.length == 0)
        return yml_bad(r, n, "'%s' must be a text that is not empty", what);
    if (strlen(yml_scalar(n)) != n->data.scalar.length)
        return yml_bad(r, n, "'%s' holds a NUL byte", what);
    *ret = arena_strdup(r->a, yml_scalar(n));
    return *ret ? 0 : err_oom(r->e);
}

int yml_number(struct yml *r, const yaml_node_t *n, const char *what, long lo, long hi,
               long *ret)
{
    if (n->type != YAML_SCALAR_NODE || !parse_long(yml_scalar(n), lo, hi, ret))
        return yml_bad(r, n, "'%s' must be a whole number from %ld to %ld", what, lo, hi);
    return 0;
}

int yml_each_pair(struct yml *r, yaml_node_t *map, const char *what, yml_pair_fn *use, void *to)
{
    if (map->type != YAML_MAPPING_NODE)
        return yml_bad(r, map, "'%s' must be a mapping of keys to values", what);
    for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top;
         p++) {
        yaml_node_t *k = yaml_document_get_node(&r->doc, p->key);
        yaml_node_t *v = yaml_document_get_node(&r->doc, p->value);

        if (k->type != YAML_SCALAR_NODE)
            return yml_bad(r, k, "a key of '%s' must be a word", what);
        for (yaml_node_pair_t *q = map->data.mapping.pairs.start; q < p; q++) {
            yaml_node_t *o = yaml_document_get_node(&r->doc, q->key);

            if (strcmp(yml_scalar(o), yml_scalar(k)) == 0)
                return yml_bad(r, k, "'%s' stands twice", yml_scalar(k));
        }
        if (use(r, yml_scalar(k), k, v, to) < 0)
            return -1;
    }
    return 0;
}

int yml_words(struct yml *r, yaml_node_t *n, const char *what, const char ***ret)
{
    size_t count, i = 0;
    const char **words;

    if (n->type != YAML_SEQUENCE_NODE)
        return yml_bad(r, n, "'%s' must be a list", what);
    count = (size_t)(n->data.sequence.items.top - n->data.sequence.items.start);
    words = arena_zalloc(r->a, (count + 1) * sizeof *words);
    if (!words)
        return err_oom(r->e);
    for (yaml_node_item_t *it = n->data.sequence.items.start; it < n->data.sequence.items.top;
         it++)
        if (yml_text(r, yaml_document_get_node(&r->doc, *it), what, &words[i++]) < 0)
            return -1;
    *ret = words;
    return 0;
}

int yml_flag(struct yml *r, const yaml_node_t *n, const char *what, bool *ret)
{
    const bool yes = n->type == YAML_SCALAR_NODE && strcmp(yml_scalar(n), "yes") == 0;

    if (!yes && (n->type != YAML_SCALAR_NODE || strcmp(yml_scalar(n), "no") != 0))
        return yml_bad(r, n, "'%s' must be yes or no", what);
    *ret = yes;
    return 0;
}

int yml_read(const char *path, struct arena *a,
             int (*use)(struct yml *r, yaml_node_t *root, void *to), void *to, struct err *e)
{
    struct yml r = {.path = path, .a = a, .e = e};
    auto_free char *text = NULL;
    yaml_parser_t parser;
    yaml_node_t *root;
    size_t len;
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
    root = yaml_document_get_root_node(&r.doc);
    rc = root ? use(&r, root, to) : err_set(e, ERR_EXERCISE, "%s:1:1: the file is empty", path);
    yaml_document_delete(&r.doc);
    yaml_parser_delete(&parser);
    return rc;
}
