/* findings.c - reads <error> elements, trims them to the student's view, merges equals.
 *
 * What a tool reports differs a little from run to run (thread numbers, addresses, which
 * side of a race came second); a result must not. So findings keep no number of a run, the
 * two functions of a race are sorted, and one finding a test and title is kept: the one
 * with the smallest lines.
 */
#include "stages/findings.h"

#include "stages/symbols.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>
#include <sys/stat.h>

enum { SIDES = 2, FRAMES = 8 };

struct side {
    const char *label;
    bool seen, inside; /* the access itself is in the program, not in a library it called */
    struct {
        const char *function, *file;
        int line;
    } frames[FRAMES];
    int count;
};

struct finding {
    struct finding *next;
    pid_t pid, ppid;
    enum verdict verdict;
    bool advice, leak;
    const char *title, *text, *where;
    struct side sides[SIDES];
    int side_count;
    struct test_grade *test;
};

/* Helgrind's and memcheck's kinds. Those not listed are advice. */
static const struct {
    const char *kind;
    enum verdict verdict;
    const char *text;
} kinds[] = {
    {"Race", VERDICT_DATA_RACE,
     "Two tasks access the same memory, at least one of them writes, and nothing orders them."},
    {"UnlockUnlocked", VERDICT_MISUSE, "A mutex is unlocked that is not locked."},
    {"UnlockForeign", VERDICT_MISUSE, "A mutex is unlocked by a thread that does not hold it."},
    {"UnlockBogus", VERDICT_MISUSE, "An object is unlocked that is not a mutex."},
    {"PthAPIerror", VERDICT_MISUSE, "A pthread call failed."},
    {"InvalidRead", VERDICT_CRASH, "Memory is read that is not (or no longer) allocated."},
    {"InvalidWrite", VERDICT_CRASH, "Memory is written that is not (or no longer) allocated."},
    {"InvalidJump", VERDICT_CRASH, "The program jumps to an address that holds no code."},
    {"InvalidFree", VERDICT_CRASH, "Memory is freed that is not (or no longer) allocated."},
    {"InvalidMemPool", VERDICT_CRASH, "Memory is freed that is not (or no longer) allocated."},
    {"MismatchedFree", VERDICT_CRASH,
     "Memory is freed by a function that does not match its allocation."},
    {"Overlap", VERDICT_CRASH, "Source and destination of a copy overlap."},
    {"UninitCondition", VERDICT_CRASH, "A branch depends on an uninitialised value."},
    {"UninitValue", VERDICT_CRASH, "An uninitialised value is used."},
    {"SyscallParam", VERDICT_CRASH, "Uninitialised memory is passed to the kernel."},
    {"Leak_DefinitelyLost", VERDICT_LEAK, "Memory allocated here is never freed."},
    {"Leak_IndirectlyLost", VERDICT_LEAK, "Memory allocated here is never freed."},
};

/* ---- reading ------------------------------------------------------------------------ */

static const char *child_text(struct unit *u, xmlNode *n, const char *name)
{
    for (xmlNode *c = n->children; c; c = c->next) {
        xmlChar *s;
        const char *text;

        if (c->type != XML_ELEMENT_NODE || strcmp((const char *)c->name, name) != 0)
            continue;
        s = xmlNodeGetContent(c);
        text = s ? arena_strdup(u->a, (const char *)s) : NULL;
        xmlFree(s);
        return text;
    }
    return NULL;
}

/* Of the program itself, and neither the harness nor libcheck. */
static bool is_program(const char *object, const char *file)
{
    const char *slash = object ? strrchr(object, '/') : NULL;

    return slash && strcmp(slash, "/program") == 0 && file && !unit_is_harness(file);
}

static const char *bare(const char *file)
{
    const char *slash = file ? strrchr(file, '/') : NULL;

    return slash ? slash + 1 : file;
}

/* Functions of libc that touch their caller's memory and no other: the access is the
 * caller's. In libc they have names like __memmove_avx_unaligned_erms. */
static bool touches_for_caller(const char *function)
{
    static const char *const plain[] = {"mem",    "strcpy", "strncpy", "stpcpy",  "strcat",
                                        "strlen", "strcmp", "strncmp", "strnlen", "strchr"};

    if (!function)
        return false;
    function += strspn(function, "_");
    for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
        if (strncmp(function, plain[i], strlen(plain[i])) == 0)
            return true;
    return false;
}

/* Of these, too, whatever they call inside libc to read their arguments. Not of fprintf(): its
 * FILE has a lock that Helgrind does not see. */
static bool formats_for_caller(const char *function)
{
    static const char *const plain[] = {"snprintf", "sprintf", "vsnprintf", "vsprintf"};

    for (size_t i = 0; function && i < ARRAY_SIZE(plain); i++)
        if (strcmp(function + strspn(function, "_"), plain[i]) == 0)
            return true;
    return false;
}

static void read_stack(struct findings *f, xmlNode *stack, struct side *s)
{
    bool touches = false;    /* the access itself is in a memcpy() or the like */
    bool for_caller = false; /* and all frames between it and the program are */

    for (xmlNode *n = stack->children; n && s->count < FRAMES; n = n->next) {
        const char *object, *file, *line;

        if (n->type != XML_ELEMENT_NODE || strcmp((const char *)n->name, "frame") != 0)
            continue;
        const bool first = s->count == 0 && !s->seen;

        s->seen = true;
        object = child_text(f->u, n, "obj");
        file = bare(child_text(f->u, n, "file"));
        line = child_text(f->u, n, "line");
        if (!is_program(object, file)) {
            const char *function = child_text(f->u, n, "fn");

            touches |= first && touches_for_caller(function);
            for_caller = (first || for_caller) && touches_for_caller(function);
            for_caller |= touches && formats_for_caller(function);
            continue;
        }
        s->inside |= first || for_caller;
        touches = for_caller = false;
        s->frames[s->count].function = child_text(f->u, n, "fn");
        s->frames[s->count].file = file;
        s->frames[s->count++].line = line ? atoi(line) : 0;
    }
}

/* "... during write of size 4 at 0x..." -> "writes 4 bytes here". */
static const char *access_label(struct unit *u, const char *what, bool before)
{
    const char *size = strstr(what, " of size ");
    const bool write = strstr(what, "write of size") != NULL;

    if (!size)
        return NULL;
    return arena_printf(u->a, "%s %d byte%s here",
                        before ? (write ? "wrote" : "read") : (write ? "writes" : "reads"),
                        atoi(size + 9), atoi(size + 9) == 1 ? "" : "s");
}

/* 'Location 0x.. is 0 bytes inside flag, declared at ...': what Helgrind knows of it. */
static const char *variable(struct unit *u, const char *what)
{
    const char *p = strstr(what, " bytes inside ");

    if (strncmp(what, "Location ", 9) != 0 || !p)
        return NULL;
    p += strlen(" bytes inside ");
    return arena_strndup(u->a, p, strcspn(p, "\n,"));
}

/* "call to pthread_mutex_destroy failed\n with error code 16 (EBUSY: ...)" */
static const char *one_line(struct unit *u, const char *s)
{
    char *line = arena_strdup(u->a, s);

    for (char *p = line; p && *p; p++)
        if (*p == '\n')
            memmove(p, p + 1, strlen(p));
    return line;
}

static void read_parts(struct findings *f, xmlNode *error, struct finding *g)
{
    const char *label = NULL;
    bool skip = false;

    for (xmlNode *n = error->children; n; n = n->next) {
        const char *name = (const char *)n->name, *what = NULL;

        if (n->type != XML_ELEMENT_NODE)
            continue;
        if (strcmp(name, "what") == 0 || strcmp(name, "auxwhat") == 0) {
            xmlChar *s = xmlNodeGetContent(n);

            what = s ? arena_strdup(f->u->a, (const char *)s) : NULL;
            xmlFree(s);
        } else if (strcmp(name, "xwhat") == 0 || strcmp(name, "xauxwhat") == 0) {
            what = child_text(f->u, n, "text");
        }
        if (what) {
            const bool aux = strstr(name, "aux") != NULL;

            label = access_label(f->u, what, aux);
            skip = g->verdict == VERDICT_DATA_RACE && aux && !label;
            if (variable(f->u, what))
                g->where = variable(f->u, what);
            if (!aux && strstr(what, "call to "))
                g->where = one_line(f->u, strstr(what, "call to "));
        } else if (strcmp(name, "stack") == 0 && !skip && g->side_count < SIDES) {
            struct side *s = &g->sides[g->side_count];

            if (g->side_count > 0 && g->verdict != VERDICT_DATA_RACE)
                continue; /* where a lock was first seen, a block allocated: too much */
            read_stack(f, n, s);
            s->label = label ? label : "here";
            g->side_count += s->count > 0;
        }
    }
}

static const struct side *students_side(const struct unit *u, const struct finding *g)
{
    for (int i = 0; i < g->side_count; i++)
        for (int k = 0; k < g->sides[i].count; k++)
            if (unit_owns(u, g->sides[i].frames[k].file))
                return &g->sides[i];
    return NULL;
}

/* The function of the submission in this side, else the innermost one. */
static const char *side_function(const struct unit *u, const struct side *s)
{
    for (int i = 0; i < s->count; i++)
        if (unit_owns(u, s->frames[i].file) && s->frames[i].function)
            return s->frames[i].function;
    return s->count && s->frames[0].function ? s->frames[0].function : "?";
}

static void make_title(const struct unit *u, struct finding *g)
{
    const char *a = side_function(u, &g->sides[0]), *b = a;

    if (g->side_count > 1)
        b = side_function(u, &g->sides[1]);
    if (strcmp(a, b) > 0 || (strcmp(a, b) == 0 && g->side_count > 1 &&
                             g->sides[0].frames[0].line > g->sides[1].frames[0].line)) {
        const struct side swap = g->sides[0];
        const char *s = a;

        if (g->side_count > 1) {
            g->sides[0] = g->sides[1];
            g->sides[1] = swap;
        }
        a = b;
        b = s;
    }
    if (g->verdict == VERDICT_DATA_RACE)
        g->title = arena_printf(u->a, "%s: %s / %s", verdict_name(g->verdict), a, b);
    else
        g->title = arena_printf(u->a, "%s: %s", verdict_name(g->verdict), a);
}

static void read_error(struct findings *f, xmlNode *error, pid_t pid, pid_t ppid)
{
    const char *kind = child_text(f->u, error, "kind");
    struct finding *g = arena_zalloc(f->u->a, sizeof *g);
    size_t i = 0;

    if (!g || !kind)
        return;
    while (i < ARRAY_SIZE(kinds) && strcmp(kinds[i].kind, kind) != 0)
        i++;
    g->pid = pid;
    g->ppid = ppid;
    g->advice = i == ARRAY_SIZE(kinds);
    g->verdict = g->advice ? VERDICT_MISUSE : kinds[i].verdict;
    g->text = g->advice ? arena_printf(f->u->a, "%s notes: %s.", mode_name(f->mode), kind)
                        : kinds[i].text;
    g->leak = g->verdict == VERDICT_LEAK;
    read_parts(f, error, g);
    /* A race may be on the suite's own data that the submission should have ordered; all
     * other findings must have the submission in their stack. */
    if (g->side_count == 0 || (g->verdict != VERDICT_DATA_RACE && !students_side(f->u, g)))
        return;
    make_title(f->u, g);
    g->next = f->all;
    f->all = g;
}

/* A file that says nothing readable says nothing: its process was killed before it wrote, or
 * the program under test, which shares its process with the tool, emptied it. Findings only
 * lower a grade, and the explorer looks for the same without a file. */
void findings_read(struct findings *f, const char *path)
{
    const int how =
        XML_PARSE_RECOVER | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NONET;
    /* whatever stands there by now: no link, no FIFO that nobody writes to, nothing endless */
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;
    xmlDoc *doc;
    xmlNode *root;
    const char *pid, *ppid;

    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > FINDINGS_BYTES)
        return;
    doc = xmlReadFd(fd, NULL, NULL, how);
    root = doc ? xmlDocGetRootElement(doc) : NULL;
    /* Valgrind declares no entities: who does wants them to grow */
    if (!root || doc->intSubset || strcmp((const char *)root->name, "valgrindoutput") != 0) {
        xmlFreeDoc(doc);
        return;
    }
    pid = child_text(f->u, root, "pid");
    ppid = child_text(f->u, root, "ppid");
    for (xmlNode *n = root->children; n && pid && ppid; n = n->next)
        if (n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, "error") == 0)
            read_error(f, n, atoi(pid), atoi(ppid));
    xmlFreeDoc(doc);
}

/* ---- finishing ---------------------------------------------------------------------- */

static void note_atomic(void *ctx, const struct symbol *s)
{
    bool *yes = ctx;

    *yes |= strncmp(s->name, "__tsan_atomic", 13) == 0 && !strstr(s->name, "fence");
}

/* Ordering that Helgrind 3.19 does not see: through the kernel, or through calls of libc
 * that neither it nor runtime/helgrind.c intercepts. */
static void note_unseen(void *ctx, const struct symbol *s)
{
    static const char *const unseen[] = {
        "read",      "write",    "readv",        "writev",
        "recv*",     "send*",    "poll",         "ppoll",
        "select",    "pselect",  "epoll_*",      "eventfd*",
        "signalfd*", "semop",    "semtimedop",   "fcntl*",
        "flock",     "lockf*",   "msgsnd",       "msgrcv",
        "mq_*",      "sigwait*", "sigtimedwait", "pthread_cond_clockwait",
        "futex*",    "syscall",
    };
    bool *yes = ctx;

    for (size_t i = 0; !s->defined && i < ARRAY_SIZE(unseen); i++)
        *yes |= fnmatch(unseen[i], s->name, 0) == 0;
}

/* Does the submission order its tasks in a way that Helgrind does not understand? Of C11
 * atomics one asks the compiler: the instrumented object then
 * refers to __tsan_atomic*. Helgrind does not understand them. */
static int uses_atomics(struct unit *u, struct err *e)
{
    char *gcc[16] = {"/usr/bin/gcc", "-std=gnu11", "-O0",
                     "-w",           "-pthread",   "-fsanitize=thread"};
    const char *object = arena_printf(u->a, "%s/atomics.o", u->work);
    bool yes = false;
    int rc = object ? unit_compile_text(u, gcc, "atomics.o", e) : err_oom(e);

    if (rc < 0)
        return -1;
    if (rc == 0) /* natively it compiled */
        return err_set(e, ERR_SYSTEM, "the compiler failed on what it has compiled before");
    if (symbols_each(object, note_atomic, &yes, e) < 0 ||
        symbols_each(object, note_unseen, &yes, e) < 0)
        return -1;
    return yes;
}

static struct test_grade *find_test(const struct findings *f, const struct finding *g)
{
    for (int i = 0; i < f->count; i++)
        if (f->pids[i].pid == g->pid)
            return f->pids[i].test;
    for (int i = 0; i < f->count && !g->leak; i++) /* a process that the test forked */
        if (f->pids[i].pid == g->ppid)
            return f->pids[i].test;
    return NULL;
}

static int compare(const struct finding *a, const struct finding *b)
{
    int c = strcmp(a->title, b->title);

    for (int s = 0; c == 0 && s < SIDES; s++) {
        const bool x = s < a->side_count, y = s < b->side_count;

        c = y - x; /* the one with both sides first */
        if (c == 0 && x)
            c = a->sides[s].frames[0].line - b->sides[s].frames[0].line;
        if (c == 0 && x)
            c = strcmp(a->sides[s].label, b->sides[s].label);
    }
    return c;
}

static void prove(struct findings *f, const struct finding *g)
{
    struct unit *u = f->u;
    struct evidence *ev = result_prove(u->a, g->test, f->mode, g->verdict, g->title);

    if (!ev)
        return;
    ev->advice = g->advice;
    ev->text = g->where ? arena_printf(u->a, "%s (%s)", g->text, g->where) : g->text;
    for (int i = 0; i < g->side_count; i++) {
        const struct side *s = &g->sides[i];
        struct stack *st = evidence_stack(u->a, ev, s->label, s->count);

        for (int k = 0; st && k < s->count; k++)
            unit_frame(u, st, s->frames[k].function, s->frames[k].file, s->frames[k].line);
    }
}

/* The smallest finding of this test that is greater than `after`. */
static const struct finding *next_of(const struct findings *f, const struct test_grade *t,
                                     const struct finding *after)
{
    const struct finding *best = NULL;

    for (const struct finding *g = f->all; g; g = g->next) {
        if (g->test != t || (after && strcmp(g->title, after->title) <= 0))
            continue;
        if (!best || compare(g, best) < 0)
            best = g;
    }
    return best;
}

static bool whole_race(const struct finding *g)
{
    return g->side_count == SIDES && g->sides[0].inside && g->sides[1].inside;
}

int findings_finish(struct findings *f, struct err *e)
{
    bool races = false;
    int atomics = 0;

    for (struct finding *g = f->all; g; g = g->next) {
        g->test = find_test(f, g);
        races |= g->verdict == VERDICT_DATA_RACE && g->test;
        /* half a race, or one inside a library: not enough to accuse anybody */
        if (g->verdict == VERDICT_DATA_RACE && !whole_race(g))
            g->advice = true;
    }
    if (races && (atomics = uses_atomics(f->u, e)) < 0)
        return -1;
    for (struct finding *g = f->all; g && atomics; g = g->next) {
        if (g->verdict != VERDICT_DATA_RACE)
            continue;
        g->advice = true;
        g->text = "Helgrind reports two unordered accesses, but this code synchronises in a "
                  "way that Helgrind cannot see (atomics or system calls). This is advice and "
                  "costs no points.";
    }
    for (int i = 0; i < f->u->r->test_count; i++) {
        struct test_grade *t = &f->u->r->tests[i];

        for (const struct finding *g = NULL; (g = next_of(f, t, g));)
            prove(f, g);
    }
    return f->u->a->failed ? err_oom(e) : 0;
}
