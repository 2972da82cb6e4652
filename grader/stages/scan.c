/* scan.c - a lexer over a student's preprocessed source; see scan.h.
 *
 * Only tokens of the student's own file count: what system headers expand to inside themselves
 * is theirs. Which file a token is of is told by the preprocessor's line markers ("Preprocessor
 * Output" in the GNU cpp manual), so a source may not contain such markers itself.
 */
#include "stages/scan.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"

struct lexer {
    const char *p, *end;
    int line;
    int depth;  /* of includes; 0: the student's file */
    bool fresh; /* nothing but blanks on this line so far */
};

struct word {
    const char *at;
    size_t len;
};

struct ban {
    const char *word, *what, *why;
};

static const char why_asm[] =
    "Assembly can do what no test sees; everything here can be written in C.";
static const char why_attribute[] =
    "This attribute changes what runs, or which function a name means, outside the C language.";
static const char why_stack[] =
    "The exercise is solved without reaching into the stack's frames.";
static const char why_hidden[] =
    "This switches off the checks that look for races and memory errors.";

static const struct ban tokens[] = {
    {"asm", "inline assembly", why_asm},
    {"__asm", "inline assembly", why_asm},
    {"__asm__", "inline assembly", why_asm},
    {"__builtin_frame_address", "a frame's address", why_stack},
    {"__builtin_return_address", "a return address", why_stack},
    {"__builtin_extract_return_addr", "a return address", why_stack},
    {"__builtin_frob_return_addr", "a return address", why_stack},
    {"__builtin_eh_return", "a return past the caller", why_stack},
    {"__builtin_unwind_init", "a frame's registers", why_stack},
    {"__builtin_dwarf_cfa", "a frame's address", why_stack},
    {"__builtin_apply", "a call of another frame", why_stack},
    {"__builtin_apply_args", "a call of another frame", why_stack},
    {"__builtin_return", "a return past the caller", why_stack},
    {"__builtin_setjmp", "a jump past the caller", why_stack},
    {"__builtin_longjmp", "a jump past the caller", why_stack},
    {"__builtin_ia32_wrpkru", "memory protection keys", why_stack},
};

/* Without the underscores that any attribute may wear. */
static const struct ban attributes[] = {
    {"section", "a section of its own", why_attribute},
    {"constructor", "a function that runs before main", why_attribute},
    {"destructor", "a function that runs after main", why_attribute},
    {"ifunc", "an indirect function", why_attribute},
    {"alias", "another name for a symbol", why_attribute},
    {"weakref", "another name for a symbol", why_attribute},
    {"symver", "another name for a symbol", why_attribute},
    {"weak", "a weak symbol", why_attribute},
    {"naked", "a function without a frame", why_attribute},
    {"optimize", "compiler options of its own", why_attribute},
    {"target", "compiler options of its own", why_attribute},
    {"target_clones", "compiler options of its own", why_attribute},
    {"retain", "a symbol the linker must keep", why_attribute},
    {"no_sanitize", "unchecked code", why_hidden},
    {"no_sanitize_address", "unchecked code", why_hidden},
    {"no_sanitize_thread", "unchecked code", why_hidden},
    {"no_sanitize_undefined", "unchecked code", why_hidden},
    {"no_address_safety_analysis", "unchecked code", why_hidden},
    {"disable_tail_calls", "compiler options of its own", why_attribute},
};

/* These stay in the text that is compiled; all others are taken out of it (scan_drop_pragmas):
 * a student may have them from another compiler, and gcc may obey them. */
static const char *const plain_pragmas[] = {
    "STDC",        "pack",      "once",           "region",     "endregion",
    "omp",         "message",   "GCC diagnostic", "GCC unroll", "GCC ivdep",
    "GCC warning", "GCC error", "GCC poison"};

static const struct ban pragmas[] = {
    {"weak", "a weak symbol", why_attribute},
    {"redefine_extname", "another name for a symbol", why_attribute},
    {"GCC optimize", "compiler options of its own", why_attribute},
    {"GCC target", "compiler options of its own", why_attribute},
    {"GCC push_options", "compiler options of its own", why_attribute},
    {"GCC dependency", "a look at other files", why_attribute},
    {"GCC pch_preprocess", "a compiled header", why_attribute},
};

static bool hit(struct scan_hit *ret, int line, const char *what, const char *why,
                const char *at, size_t len)
{
    size_t n = 0;

    *ret = (struct scan_hit){.line = line, .why = why};
    snprintf(ret->what, sizeof ret->what, "%s", what);
    for (size_t i = 0; i < len && n < sizeof ret->name - 1; i++)
        ret->name[n++] = at[i] >= ' ' && at[i] <= '~' ? at[i] : '?';
    ret->name[n] = '\0';
    return true;
}

static const struct ban *banned(const struct ban *list, size_t count, struct word w)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(list[i].word) == w.len && memcmp(list[i].word, w.at, w.len) == 0)
            return &list[i];
    return NULL;
}

static bool same(struct word w, const char *text)
{
    return strlen(text) == w.len && memcmp(text, w.at, w.len) == 0;
}

/* ---- characters ----------------------------------------------------------------------------
 */

/* Behind blanks: `[ [` and `<: <:` open an attribute as `[[` does. */
static const char *behind_bracket(const struct lexer *l, const char *p)
{
    while (p < l->end && isspace((unsigned char)*p))
        p++;
    if (p < l->end && *p == '[')
        return p + 1;
    return l->end - p >= 2 && p[0] == '<' && p[1] == ':' ? p + 2 : NULL;
}

static bool opens_attribute(const struct lexer *l)
{
    const char *p = behind_bracket(l, l->p);

    return !isspace((unsigned char)*l->p) && p && behind_bracket(l, p);
}

static bool looking_at(const struct lexer *l, const char *text)
{
    const size_t n = strlen(text);

    return (size_t)(l->end - l->p) >= n && memcmp(l->p, text, n) == 0;
}

static void step(struct lexer *l)
{
    if (*l->p == '\n') {
        l->line++;
        l->fresh = true;
    } else if (!isspace((unsigned char)*l->p)) {
        l->fresh = false;
    }
    l->p++;
}

static bool quoted(struct lexer *l)
{
    const char quote = *l->p;

    if (quote != '"' && quote != '\'')
        return false;
    l->p++;
    l->fresh = false;
    while (l->p < l->end && *l->p != quote && *l->p != '\n')
        l->p += *l->p == '\\' && l->p + 1 < l->end && l->p[1] != '\n' ? 2 : 1;
    if (l->p < l->end && *l->p == quote)
        l->p++;
    return true;
}

static bool letter(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static bool take_word(struct lexer *l, struct word *ret)
{
    ret->at = l->p;
    while (l->p < l->end && letter(*l->p))
        l->p++;
    ret->len = (size_t)(l->p - ret->at);
    if (ret->len)
        l->fresh = false;
    return ret->len > 0;
}

/* ---- tokens -------------------------------------------------------------------------------
 */

struct marker {
    int line;
    char file[200];
    bool enters, returns;
};

/* `# 12 "file" 1 3` */
static bool read_marker(struct lexer *l, struct marker *m)
{
    const char *p = l->p + 1, *nl = memchr(l->p, '\n', (size_t)(l->end - l->p));
    size_t n = 0;
    char *end;

    if (!nl || *l->p != '#' || p == l->end || *p != ' ' || !isdigit((unsigned char)p[1]))
        return false;
    *m = (struct marker){.line = (int)strtol(p, &end, 10)};
    if (end + 1 >= nl || end[1] != '"')
        return false;
    for (p = end + 2; p < nl && *p != '"'; p++) {
        p += *p == '\\' && p + 1 < nl;
        if (n < sizeof m->file - 1)
            m->file[n++] = *p;
    }
    for (; p < nl; p++) {
        m->enters |= *p == '1';
        m->returns |= *p == '2';
    }
    l->p = nl + 1;
    return true;
}

static bool is_system(const char *file)
{
    static const char *const folders[] = {"/usr/include/", "/usr/lib/gcc/",
                                          "/usr/lib/linux/uapi/" /* Debian 13 */};

    for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
        if (strncmp(file, folders[i], strlen(folders[i])) == 0)
            return !strstr(file, "/../");
    return false;
}

static bool foreign(const char *file, bool (*own)(void *, const char *), void *ctx)
{
    const char *name = file;

    while (strncmp(name, "./", 2) == 0)
        name += 2;
    return !is_system(file) && (strchr(name, '/') || !own(ctx, name));
}

static bool scan_pragma(struct lexer *l, struct scan_hit *ret)
{
    const char *at = l->p, *nl = memchr(at, '\n', (size_t)(l->end - at));
    size_t len = nl ? (size_t)(nl - at) : (size_t)(l->end - at);

    l->p += len;
    while (len > 7 && (at[7] == ' ' || at[7] == '\t')) {
        at++;
        len--;
    }
    for (size_t i = 0; i < ARRAY_SIZE(pragmas); i++) {
        const size_t n = strlen(pragmas[i].word);

        if (len >= 7 + n && memcmp(at + 7, pragmas[i].word, n) == 0 &&
            (len == 7 + n || !letter(at[7 + n])))
            return hit(ret, l->line, pragmas[i].what, pragmas[i].why, pragmas[i].word, n);
    }
    return false;
}

static struct word bare(struct word w)
{
    if (w.len > 4 && memcmp(w.at, "__", 2) == 0 && memcmp(w.at + w.len - 2, "__", 2) == 0)
        return (struct word){w.at + 2, w.len - 4};
    return w;
}

/* R"x(...)x", which GNU C has (GCC manual, "C Extensions"; C++11 2.14.5). */
static bool raw_string(struct lexer *l, struct word w)
{
    char end[24] = ")";
    size_t n = 1;

    if (w.len == 0 || w.len > 3 || w.at[w.len - 1] != 'R' || l->p == l->end || *l->p != '"' ||
        (w.len > 1 && !strchr("uUL8", w.at[w.len - 2])))
        return false;
    for (l->p++; l->p < l->end && *l->p != '(' && n < 18; l->p++)
        end[n++] = *l->p;
    end[n++] = '"';
    while (l->p < l->end && !((size_t)(l->end - l->p) >= n && memcmp(l->p, end, n) == 0))
        step(l);
    l->p += l->p < l->end ? n : 0;
    return true;
}

/* From behind the introducing word to the end of its brackets. */
static bool scan_attribute(struct lexer *l, char open, char close, struct scan_hit *ret)
{
    int depth = 0;
    struct word w;

    do {
        if (l->p == l->end)
            return false;
        if (take_word(l, &w)) {
            const struct ban *b = banned(attributes, ARRAY_SIZE(attributes), bare(w));

            if (raw_string(l, w)) /* its brackets are text */
                continue;
            if (b && depth == 2) /* deeper are arguments, a student's own names */
                return hit(ret, l->line, b->what, b->why, w.at, w.len);
            continue;
        }
        if (quoted(l))
            continue;
        if (open == '[' && (looking_at(l, "<:") || looking_at(l, ":>"))) { /* digraphs */
            depth += *l->p == '<' ? 1 : -1;
            step(l);
        }
        depth += *l->p == open;
        depth -= *l->p == close;
        step(l);
    } while (depth > 0 || isspace((unsigned char)l->p[-1]));
    return false;
}

static bool scan_word(struct lexer *l, struct scan_hit *ret)
{
    const struct ban *b;
    struct word w;

    if (!take_word(l, &w) || raw_string(l, w))
        return false;
    if ((b = banned(tokens, ARRAY_SIZE(tokens), w)))
        return hit(ret, l->line, b->what, b->why, w.at, w.len);
    if (same(w, "__attribute__") || same(w, "__attribute"))
        return scan_attribute(l, '(', ')', ret);
    return false;
}

static bool scan_token(struct lexer *l, struct scan_hit *ret)
{
    if (letter(*l->p))
        return scan_word(l, ret);
    if (opens_attribute(l))
        return scan_attribute(l, '[', ']', ret);
    if (!quoted(l))
        step(l);
    return false;
}

static void skip_line(struct lexer *l)
{
    const char *nl = memchr(l->p, '\n', (size_t)(l->end - l->p));

    l->p = nl ? nl + 1 : l->end;
}

bool scan_preprocessed(const char *text, size_t len, bool (*own)(void *ctx, const char *name),
                       void *ctx, struct scan_hit *ret)
{
    struct lexer l = {.p = text, .end = text + len, .line = 1, .fresh = true};
    struct marker m;
    int includer = 1; /* the line of the student's file that began the present include */

    while (l.p < l.end) {
        if (l.fresh && read_marker(&l, &m)) {
            if (m.enters && l.depth++ == 0)
                includer = l.line;
            if (m.enters && foreign(m.file, own, ctx))
                return hit(ret, includer, "a file it includes",
                           "Only the exercise's header and the system's may be included.",
                           m.file, strlen(m.file));
            l.depth -= m.returns && l.depth > 0;
            if (l.depth == 0)
                l.line = m.line;
        } else if (l.depth > 0) {
            skip_line(&l);
        } else if (l.fresh && looking_at(&l, "#pragma")) {
            if (scan_pragma(&l, ret))
                return true;
        } else if (scan_token(&l, ret)) {
            return true;
        }
    }
    return false;
}

/* Is the line that holds `at` a directive? In a comment the word is only a word. */
static bool in_directive(const char *text, const char *at)
{
    while (at > text && at[-1] != '\n')
        at--;
    at += strspn(at, " \t");
    return *at == '#' || strncmp(at, "%:", 2) == 0;
}

bool scan_source(const char *text, size_t len, bool (*own)(void *ctx, const char *name),
                 void *ctx, struct scan_hit *ret)
{
    static const char word[] = "__has_include";
    int line = 1;

    for (const char *p = text, *end = text + len; p < end; p++) {
        const char *q = p + sizeof word - 1;
        char name[64];
        size_t n = 0;

        line += *p == '\n';
        if ((size_t)(end - p) < sizeof word || memcmp(p, word, sizeof word - 1) != 0)
            continue;
        while (q < end && (letter(*q) || isspace((unsigned char)*q) || *q == '('))
            q++;
        if (q == end || *q != '"' || !in_directive(text, p))
            continue;
        for (q++; q < end && *q != '"' && n + 1 < sizeof name; q++)
            name[n++] = *q;
        name[n] = '\0';
        if (!own(ctx, name))
            return hit(ret, line, "a look at other files",
                       "What is compiled must not depend on which files lie beside it.", name,
                       n);
    }
    return false;
}

static bool is_plain_pragma(const char *line, size_t len)
{
    static const char word[] = "#pragma";
    size_t at = sizeof word - 1;

    while (at < len && (line[at] == ' ' || line[at] == '\t'))
        at++;
    for (size_t i = 0; i < ARRAY_SIZE(plain_pragmas); i++) {
        const size_t n = strlen(plain_pragmas[i]);

        if (len - at >= n && memcmp(line + at, plain_pragmas[i], n) == 0 &&
            (len - at == n || !letter(line[at + n])))
            return true;
    }
    return false;
}

void scan_drop_pragmas(char *text, size_t len)
{
    for (char *p = text, *end = text + len; p < end;) {
        char *nl = memchr(p, '\n', (size_t)(end - p));
        const size_t n = nl ? (size_t)(nl - p) : (size_t)(end - p);
        const size_t lead = strspn(p, " \t") < n ? strspn(p, " \t") : n;

        if (n - lead >= 7 && memcmp(p + lead, "#pragma", 7) == 0 &&
            !is_plain_pragma(p + lead, n - lead))
            memset(p, ' ', n);
        p += n + (nl != NULL);
    }
}
