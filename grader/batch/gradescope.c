/* gradescope.c - submission_metadata.yml of an export: folder, who, when. Nothing else of it is
 * read: scores and histories of another grader are not ours.
 *
 *   submission_17:
 *     :submitters:
 *     - :name: Ada Lovelace
 *       :sid: '1815'
 *       :email: ada@example.org
 *     :created_at: 2026-03-01 12:00:00.000000000 Z
 */
#include "batch/late.h"
#include "batch/layout.h"

#include <string.h>
#include <yaml.h>

enum { METADATA_MAX = 64 << 20, ENTRIES_MAX = 20000 };

struct reader {
    yaml_document_t doc;
    struct arena *a;
};

static const char *text(struct reader *r, const yaml_node_t *n)
{
    return n && n->type == YAML_SCALAR_NODE
               ? arena_strndup(r->a, (const char *)n->data.scalar.value, n->data.scalar.length)
               : NULL;
}

/* The value of `key` in a mapping; keys are Ruby's symbols, with a colon before them. */
static const yaml_node_t *value(struct reader *r, const yaml_node_t *map, const char *key)
{
    if (!map || map->type != YAML_MAPPING_NODE)
        return NULL;
    for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
         p < map->data.mapping.pairs.top; p++) {
        const yaml_node_t *k = yaml_document_get_node(&r->doc, p->key);

        if (k && k->type == YAML_SCALAR_NODE &&
            strcmp((const char *)k->data.scalar.value, key) == 0)
            return yaml_document_get_node(&r->doc, p->value);
    }
    return NULL;
}

static const char *field(struct reader *r, const yaml_node_t *map, const char *key)
{
    const char *t = text(r, value(r, map, key));

    return t ? t : "";
}

static void read_people(struct reader *r, const yaml_node_t *list, struct gradescope_entry *g)
{
    if (!list || list->type != YAML_SEQUENCE_NODE)
        return;
    g->too_many = list->data.sequence.items.top - list->data.sequence.items.start > GROUP_MAX;
    for (const yaml_node_item_t *i = list->data.sequence.items.start;
         i < list->data.sequence.items.top && g->people_count < (int)ARRAY_SIZE(g->people);
         i++) {
        const yaml_node_t *who = yaml_document_get_node(&r->doc, *i);
        struct handed_by *p = &g->people[g->people_count];

        *p = (struct handed_by){.name = field(r, who, ":name"),
                                .number = field(r, who, ":sid"),
                                .email = field(r, who, ":email"),
                                .submission = g->folder};
        if (*p->name || *p->number)
            g->people_count++;
    }
}

static int read_entries(struct reader *r, const yaml_node_t *root,
                        struct gradescope_entry *list, int *ret_count, struct err *e)
{
    int n = 0;

    for (const yaml_node_pair_t *p = root->data.mapping.pairs.start;
         p < root->data.mapping.pairs.top && n < ENTRIES_MAX; p++) {
        struct gradescope_entry *g = &list[n];
        const yaml_node_t *v = yaml_document_get_node(&r->doc, p->value);

        g->folder = text(r, yaml_document_get_node(&r->doc, p->key));
        if (!g->folder)
            continue;
        read_people(r, value(r, v, ":submitters"), g);
        if (g->too_many)
            return err_set(e, ERR_USAGE, "'%s' has more than %d submitters", g->folder,
                           GROUP_MAX);
        if (!time_parse(field(r, v, ":created_at"), &g->created))
            g->created = 0;
        n++;
    }
    *ret_count = n;
    return 0;
}

int gradescope_read(const char *path, struct arena *a, struct gradescope_entry **ret,
                    int *ret_count, struct err *e)
{
    struct reader r = {.a = a};
    struct gradescope_entry *list;
    auto_free char *bytes = NULL;
    const yaml_node_t *root;
    yaml_parser_t parser;
    size_t len, entries;
    int rc;

    if (slurp(path, METADATA_MAX, &bytes, &len, e) < 0)
        return -1;
    if (!yaml_parser_initialize(&parser))
        return err_oom(e);
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, len);
    if (!yaml_parser_load(&parser, &r.doc)) {
        rc = err_set(e, ERR_USAGE, "submission_metadata.yml, line %zu: %s",
                     parser.problem_mark.line + 1, parser.problem ? parser.problem : "no YAML");
        yaml_parser_delete(&parser);
        return rc;
    }
    root = yaml_document_get_root_node(&r.doc);
    if (!root || root->type != YAML_MAPPING_NODE) {
        rc = err_set(e, ERR_USAGE, "submission_metadata.yml is no mapping of folders");
    } else {
        entries = (size_t)(root->data.mapping.pairs.top - root->data.mapping.pairs.start);
        list = arena_zalloc(a, (entries + 1) * sizeof *list);
        rc = list ? read_entries(&r, root, list, ret_count, e) : err_oom(e);
        if (rc == 0)
            *ret = list;
    }
    yaml_document_delete(&r.doc);
    yaml_parser_delete(&parser);
    return rc < 0 ? -1 : a->failed ? err_oom(e) : 0;
}
