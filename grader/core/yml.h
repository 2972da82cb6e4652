/* yml.h - reads a YAML file of ours by tables of known keys: libyaml's document tree, with a
 * line and a column in every refusal.
 *
 * Not a YAML library: only mappings, lists and scalars, each checked by the caller who knows
 * what it must be. A key that the caller does not know is refused, which catches the typing
 * mistakes that would silently change a grade.
 */
#ifndef GRADER_YML_H
#define GRADER_YML_H

#include <yaml.h>

#include "core/util.h"

struct yml {
    yaml_document_t doc;
    const char *path;
    struct arena *a; /* what is read lives here */
    struct err *e;
};

/* ERR_EXERCISE "PATH:LINE:COLUMN: ..."; returns -1. */
int yml_bad(struct yml *r, const yaml_node_t *n, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

const char *yml_scalar(const yaml_node_t *n);

/* A text that is not empty, in r->a. */
int yml_text(struct yml *r, const yaml_node_t *n, const char *what, const char **ret);

/* A whole number from lo to hi. */
int yml_number(struct yml *r, const yaml_node_t *n, const char *what, long lo, long hi,
               long *ret);

/* A list of texts, NULL-ended, in r->a. */
int yml_words(struct yml *r, yaml_node_t *n, const char *what, const char ***ret);

/* yes or no. */
int yml_flag(struct yml *r, const yaml_node_t *n, const char *what, bool *ret);

/* Calls use(key, value) for each pair of a mapping; use() returns 0, or -1 by yml_bad(). */
typedef int yml_pair_fn(struct yml *r, const char *key, yaml_node_t *k, yaml_node_t *v,
                        void *to);
int yml_each_pair(struct yml *r, yaml_node_t *map, const char *what, yml_pair_fn *use,
                  void *to);

/* Reads the file and calls use(root, to). ERR_EXERCISE when it is missing, empty or no YAML. */
int yml_read(const char *path, struct arena *a,
             int (*use)(struct yml *r, yaml_node_t *root, void *to), void *to, struct err *e);

#endif
