/* trail.c - a lexer that knows comments, literals, brackets and #line; see trail.h. */
#include "stages/trail.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"

struct reader {
    const char *all, *p;
    int line;
    char file[64];
    bool conditional; /* #if and its like were seen */
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static void name_file(char ret[static 64], const char *name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (name[i] == '/') {
            name += i + 1;
            n -= i + 1;
            i = (size_t)-1;
        }
    snprintf(ret, 64, "%.*s", (int)n, name);
}

/* From '#' to the end of its line, and of those that continue it. */
static void directive(struct reader *r)
{
    const char *p = r->p + 1 + strspn(r->p + 1, " \t");
    char *end;

    if (strncmp(p, "line", 4) == 0) {
        const long line = strtol(p + 4, &end, 10);
        const char *quote = end + strspn(end, " \t");

        r->line = (int)line - 1;
        if (*quote == '"')
            name_file(r->file, quote + 1, strcspn(quote + 1, "\"\n"));
    } else if (strncmp(p, "if", 2) == 0 || strncmp(p, "el", 2) == 0) {
        r->conditional = true;
    }
    for (; *r->p && *r->p != '\n'; r->p++)
        if (*r->p == '\\' && r->p[1] == '\n') {
            r->p++;
            r->line++;
        }
}

static void literal(struct reader *r)
{
    const char quote = *r->p++;

    for (; *r->p && *r->p != quote && *r->p != '\n'; r->p++)
        if (*r->p == '\\' && r->p[1])
            r->p++;
    r->p += *r->p == quote;
}

/* The next token's first character, which is left there, but for literals; '\0' at the end. A
 * word is returned as 'w'. */
static char next(struct reader *r)
{
    for (bool fresh = r->p[-1] == '\n';;) {
        if (*r->p == '\n') {
            r->p++;
            r->line++;
            fresh = true;
        } else if (isspace((unsigned char)*r->p)) {
            r->p++;
        } else if (r->p[0] == '/' && r->p[1] == '/') {
            r->p += strcspn(r->p, "\n");
        } else if (r->p[0] == '/' && r->p[1] == '*') {
            for (r->p += 2; *r->p && !(r->p[0] == '*' && r->p[1] == '/'); r->p++)
                r->line += *r->p == '\n';
            r->p += *r->p ? 2 : 0;
        } else if (*r->p == '#' && fresh) {
            directive(r);
        } else {
            return is_word(*r->p) ? 'w' : *r->p;
        }
    }
}

static size_t word_length(const struct reader *r)
{
    size_t n = 0;

    while (is_word(r->p[n]))
        n++;
    return n;
}

static bool is(const struct reader *r, const char *word)
{
    return word_length(r) == strlen(word) && strncmp(r->p, word, strlen(word)) == 0;
}

/* A macro's name, as a rule: it may hide a return. */
static bool in_capitals(const struct reader *r)
{
    const size_t n = word_length(r);

    for (size_t i = 0; i < n; i++)
        if (islower((unsigned char)r->p[i]))
            return false;
    return isupper((unsigned char)*r->p);
}

/* Is it a macro of the suite that may leave the body? Macros of its headers are not looked at:
 * lint runs the reference and every pass-*.c through the suite. */
static bool leaves(const struct reader *r)
{
    static const char *const ways[] = {"return", "goto", "exit", "longjmp"};
    const size_t n = word_length(r);

    for (const char *d = r->all; (d = strstr(d, "define")); d += 6) {
        const char *name = d + 6 + strspn(d + 6, " \t"), *end = name;

        if (strncmp(name, r->p, n) != 0 || is_word(name[n]))
            continue;
        while (*end && (*end != '\n' || end[-1] == '\\'))
            end++;
        for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
            if (memmem(name, (size_t)(end - name), ways[i], strlen(ways[i])))
                return true;
    }
    return false;
}

/* libcheck's own, which tell where they held; a function of the suite's may be called alike. */
static bool is_assertion(const struct reader *r)
{
    static const char *const types[] = {"int_",    "uint_",    "str_", "pstr_", "float_",
                                        "double_", "ldouble_", "ptr_", "mem_"};
    static const char *const tests[] = {"eq",     "ne",       "lt",      "le",     "gt",
                                        "ge",     "null",     "nonnull", "eq_tol", "ne_tol",
                                        "finite", "infinite", "nan",     "nonnan"};
    const size_t n = word_length(r);

    if (is(r, "ck_assert") || is(r, "ck_assert_msg"))
        return true;
    for (size_t i = 0; n > 10 && i < ARRAY_SIZE(types); i++)
        for (size_t k = 0; k < ARRAY_SIZE(tests); k++) {
            const size_t a = strlen(types[i]), b = strlen(tests[k]);

            if (n == 10 + a + b && strncmp(r->p, "ck_assert_", 10) == 0 &&
                strncmp(r->p + 10, types[i], a) == 0 &&
                strncmp(r->p + 10 + a, tests[k], b) == 0)
                return true;
        }
    return false;
}

static void skip(struct reader *r, char token)
{
    if (token == 'w')
        r->p += word_length(r);
    else if (token == '"' || token == '\'')
        literal(r);
    else if (token)
        r->p++;
}

static bool begins_test(struct reader *r, const char *function)
{
    if (!is(r, "START_TEST"))
        return false;
    skip(r, 'w');
    if (next(r) != '(')
        return false;
    skip(r, '(');
    return next(r) == 'w' && is(r, function);
}

/* From the body's first token to the first that may leave it. */
static void read_body(struct reader *r, struct trail_due *ret)
{
    int braces = 0, rounds = 1;     /* inside of START_TEST( */
    struct trail_span *open = NULL; /* the statement being read */
    bool begins = false;            /* a statement begins here */

    r->conditional = false;
    for (char t; (t = next(r)) && !r->conditional; skip(r, t)) {
        if (t == 'w' && (is(r, "END_TEST") || is(r, "return") || is(r, "goto") || leaves(r)))
            break;
        if (t == 'w' && begins && braces == 1) {
            if (in_capitals(r))
                break;
            if (is_assertion(r) && ret->count < TRAIL_MAX) {
                open = &ret->list[ret->count];
                memcpy(open->file, r->file, sizeof open->file);
                open->first = r->line;
            }
        }
        rounds += (t == '(') - (t == ')');
        braces += (t == '{') - (t == '}');
        begins = rounds == 0 && (t == ';' || t == '{' || t == '}');
        if (open && begins && t == ';' && braces == 1) {
            open->last = r->line;
            if (!ret->count || ret->list[ret->count - 1].last < open->first)
                ret->count++; /* else one place with the last: it is told once */
            open = NULL;
        }
    }
    if (r->conditional)
        ret->count = 0;
}

void trail_read(const char *suite, const char *file, const char *function,
                struct trail_due *ret)
{
    auto_free char *text = NULL;
    struct reader r = {.line = 0};

    ret->count = 0;
    if (asprintf(&text, "\n%s", suite) < 0)
        return;
    name_file(r.file, file, strlen(file));
    r.all = suite;
    r.p = text + 1;
    r.line = 1;
    for (char t; (t = next(&r));) {
        if (t == 'w' && begins_test(&r, function)) {
            read_body(&r, ret);
            return;
        }
        skip(&r, next(&r));
    }
}

const char *trail_text(const struct trail_due *due, struct arena *a)
{
    struct buf b = {0};
    const char *text;

    for (int i = 0; i < due->count; i++)
        buf_printf(&b, "%s%s:%d-%d", b.len ? "," : "", due->list[i].file, due->list[i].first,
                   due->list[i].last);
    text = b.data && !b.failed ? arena_strdup(a, b.data) : NULL;
    buf_release(&b);
    return text;
}

static bool within(const struct trail_span *due, const struct trail_place *was)
{
    return was->line >= due->first && was->line <= due->last &&
           strcmp(was->file, due->file) == 0;
}

const struct trail_span *trail_missed(const struct trail_due *due, const struct trail *was)
{
    int at = 0;

    if (was->count == TRAIL_MAX)
        return NULL;
    for (int i = 0; i < due->count; i++) {
        while (at < was->count && !within(&due->list[i], &was->list[at]))
            at++;
        if (at == was->count)
            return &due->list[i];
    }
    return NULL;
}
