/* uncovered.c - see uncovered.h.
 *
 * At -O0 a hook's call stands right before the access that it announces, with neither a label
 * nor another call between them. So bytes are counted: a hook announces so many to be read or
 * written, each instruction takes its own of them, and what is left is void at the next label
 * or call. An instruction for which not enough are left gets a hook of its own. Announced twice
 * would do no harm: the access does happen.
 *
 * A function that realigns its stack (a variable aligned to more than 16 bytes beside one of
 * variable length) has a copy of its return address above its frame pointer, and finds the real
 * one by %r10, which it keeps at -8(%rbp): its entry and exit say so
 * (runtime/explore/returns.c).
 */
#include "stages/uncovered.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/touch.h"

enum { WORD = 24, OPERANDS = 4, ALL = 1 << 30 };

struct instruction {
    char mnemonic[WORD];
    bool repeated; /* rep */
    int count;
    struct operand {
        const char *text;
        size_t len;
    } operands[OPERANDS];
};

struct scan {
    long reads, writes; /* announced, and not yet seen */
    long esi;           /* what was put into %esi last, -1: not known: a range's size */
    bool foreign;       /* between #APP and #NO_APP */
    bool realigned;     /* this function's address to return to stands apart from its frame */
    int added;
    struct buf *out;
};

/* ---- reading a line ------------------------------------------------------------------ */

static const char *word_of(const char *p, const char *end, char *ret, size_t size)
{
    size_t n = 0;

    while (p < end && isspace((unsigned char)*p))
        p++;
    while (p < end && !isspace((unsigned char)*p)) {
        if (n + 1 < size)
            ret[n++] = *p;
        p++;
    }
    ret[n] = '\0';
    return p;
}

static void split_operands(struct instruction *i, const char *p, const char *end)
{
    int depth = 0;

    while (p < end && isspace((unsigned char)*p))
        p++;
    for (const char *from = p; p <= end; p++) {
        if (p < end && *p == '(')
            depth++;
        else if (p < end && *p == ')')
            depth--;
        else if ((p == end || (*p == ',' && depth == 0)) && i->count < OPERANDS && p > from) {
            while (from < p && isspace((unsigned char)*from))
                from++;
            i->operands[i->count++] = (struct operand){from, (size_t)(p - from)};
            from = p + 1;
        }
    }
}

static struct instruction parse(const char *line, const char *end)
{
    static const char *const prefixes[] = {"rep", "repz", "repnz", "lock", "notrack"};
    struct instruction i = {0};
    const char *p = word_of(line, end, i.mnemonic, sizeof i.mnemonic);

    for (size_t k = 0; k < ARRAY_SIZE(prefixes); k++)
        if (strcmp(i.mnemonic, prefixes[k]) == 0) {
            i.repeated = k < 3;
            p = word_of(p, end, i.mnemonic, sizeof i.mnemonic);
            break;
        }
    split_operands(&i, p, end);
    return i;
}

static bool has(const struct operand *o, const char *what)
{
    return memmem(o->text, o->len, what, strlen(what)) != NULL;
}

static bool begins(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

/* Memory outside of the function's own frame, and no constant, offset table or thread pointer.
 */
static bool is_memory(const struct operand *o)
{
    const char first = o->len ? o->text[0] : '$';

    if (first == '$' || first == '%' || first == '*' || has(o, "@") || has(o, ".L"))
        return false;
    if (!has(o, "(")) /* an absolute address, of a program that is linked to one place */
        return isalpha((unsigned char)first) || first == '_';
    return !has(o, "%rbp") && !has(o, "%rsp");
}

/* ---- what an instruction does to memory ---------------------------------------------- */

enum access { NONE = 0, READS = 1, WRITES = 2 };

static const struct {
    const char *mnemonic;
    int size;
} sizes[] = {
    {"movss", 4},    {"movsd", 8},       {"movaps", 16},  {"movups", 16},  {"movapd", 16},
    {"movupd", 16},  {"movdqa", 16},     {"movdqu", 16},  {"movd", 4},     {"movhps", 8},
    {"movlps", 8},   {"movhpd", 8},      {"movlpd", 8},   {"addss", 4},    {"addsd", 8},
    {"subss", 4},    {"subsd", 8},       {"mulss", 4},    {"mulsd", 8},    {"divss", 4},
    {"divsd", 8},    {"ucomiss", 4},     {"ucomisd", 8},  {"comiss", 4},   {"comisd", 8},
    {"sqrtss", 4},   {"sqrtsd", 8},      {"flds", 4},     {"fldl", 8},     {"fldt", 10},
    {"fsts", 4},     {"fstl", 8},        {"fstps", 4},    {"fstpl", 8},    {"fstpt", 10},
    {"fildl", 4},    {"fildq", 8},       {"fildll", 8},   {"fistpl", 4},   {"fistpq", 8},
    {"fistpll", 8},  {"movntil", 4},     {"movntiq", 8},  {"movnti", 8},   {"movntdq", 16},
    {"movntps", 16}, {"movntpd", 16},    {"cvtss2sd", 4}, {"cvtsd2ss", 8}, {"fnstcw", 2},
    {"fldcw", 2},    {"cmpxchg16b", 16},
};

/* Of a vector instruction (AVX) by its registers. */
static int vector_size(const struct instruction *i)
{
    int size = 16;

    for (int k = 0; k < i->count; k++)
        size = i->operands[k].text[0] != '%'                      ? size
               : begins(i->operands[k].text, "%zmm")              ? 64
               : begins(i->operands[k].text, "%ymm") && size < 32 ? 32
                                                                  : size;
    return size;
}

static int size_of(const char *m)
{
    const size_t n = strlen(m);

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
        if (strcmp(m, sizes[i].mnemonic) == 0)
            return sizes[i].size;
    if (begins(m, "set"))
        return 1;
    if (begins(m, "movz") ||
        begins(m, "movs")) /* movzbl, movslq: the third letter from behind */
        return m[4] == 'b' ? 1 : m[4] == 'w' ? 2 : 4;
    if (begins(m, "cvtss") || begins(m, "cvttss"))
        return 4;
    if (begins(m, "cvtsd") || begins(m, "cvttsd"))
        return 8;
    switch (n ? m[n - 1] : 0) {
    case 'w':
        return 2;
    case 'l':
        return 4;
    case 'q':
        return 8;
    default: /* or not known: one byte is touched for sure, and no more is claimed */
        return 1;
    }
}

static bool only_reads(const char *m)
{
    static const char *const words[] = {"cmp", "test", "push", "fld", "fild",  "mul",  "imul",
                                        "div", "idiv", "call", "jmp", "ucomi", "comi", "bt"};

    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (begins(m, words[i]) && !begins(m, "cmpxchg"))
            return true;
    return false;
}

static bool only_writes(const char *m)
{
    return begins(m, "mov") || begins(m, "vmov") || begins(m, "set") || begins(m, "pop") ||
           begins(m, "fst") || begins(m, "fist") || begins(m, "fnst");
}

static bool touches_nothing(const char *m)
{
    return begins(m, "lea") || begins(m, "nop") || begins(m, "prefetch") || begins(m, "endbr");
}

/* As the last operand (the destination) or the only one, or as a source. */
static enum access access_of(const struct instruction *i, int at)
{
    if (only_reads(i->mnemonic) || at < i->count - 1)
        return READS;
    return only_writes(i->mnemonic) ? WRITES : READS | WRITES;
}

/* ---- hooks --------------------------------------------------------------------------- */

/* The red zone below the stack pointer may be in use; `lea` and pushes change no flag. */
static void put_hook(struct scan *s, const struct operand *o, long code)
{
    buf_puts(s->out, "\tleaq\t-128(%rsp), %rsp\n\tpushq\t%rdi\n");
    if (o)
        buf_printf(s->out, "\tleaq\t%.*s, %%rdi\n", (int)o->len, o->text);
    buf_printf(s->out, "\tpushq\t$%ld\n\tcall\tls_touch\n\tleaq\t8(%%rsp), %%rsp\n", code);
    buf_puts(s->out, "\tpopq\t%rdi\n\tleaq\t128(%rsp), %rsp\n");
    s->added++;
}

static bool take(long *announced, long size)
{
    if (*announced < size)
        return false;
    if (*announced < ALL)
        *announced -= size;
    return true;
}

static void look_at_string(struct scan *s, const struct instruction *i)
{
    const bool moves = begins(i->mnemonic, "movs"), stores = begins(i->mnemonic, "stos");
    const bool known = (!moves || s->reads > 0) && s->writes > 0;

    if ((!moves && !stores) || i->count)
        return;
    if (!known)
        put_hook(s, NULL,
                 size_of(stores ? i->mnemonic : i->mnemonic + strlen("mov")) | TOUCH_WRITE |
                     (moves ? TOUCH_READ : 0) | (i->repeated ? TOUCH_REPEATED : TOUCH_STRING));
    s->reads = s->writes = 0;
}

static void look_at_access(struct scan *s, const struct instruction *i)
{
    const char *const m = i->mnemonic;
    const bool is_vector =
        begins(m, "vmova") || begins(m, "vmovu") || begins(m, "vmovdq") || begins(m, "vmovnt");
    const int size = is_vector ? vector_size(i) : size_of(m + (*m == 'v'));

    for (int k = 0; k < i->count; k++) {
        const struct operand *o = &i->operands[k];
        enum access a;
        long code = 0;

        if (!is_memory(o))
            continue;
        a = access_of(i, k);
        if (a & READS && !take(&s->reads, size))
            code |= TOUCH_READ;
        if (a & WRITES && !take(&s->writes, size))
            code |= TOUCH_WRITE;
        if (code)
            put_hook(s, o, code | size);
    }
}

/* "__tsan_unaligned_volatile_read4@PLT" announces four bytes to be read. */
static bool announce(struct scan *s, const struct operand *o)
{
    static const char prefix[] = "__tsan_";
    char name[64];
    const char *digits;
    long size;

    snprintf(name, sizeof name, "%.*s", (int)o->len, o->text);
    if (!begins(name, prefix) || strstr(name, "atomic") ||
        (!strstr(name, "read") && !strstr(name, "write")))
        return false;
    digits = name + strcspn(name, "0123456789");
    size = isdigit((unsigned char)*digits) ? strtol(digits, NULL, 10)
           : s->esi >= 0                   ? s->esi
                                           : ALL;
    if (strstr(name, "read"))
        s->reads += size;
    if (strstr(name, "write"))
        s->writes += size;
    return true;
}

static void note_esi(struct scan *s, const struct instruction *i)
{
    const struct operand *to = i->count == 2 ? &i->operands[1] : NULL;

    if (!to || to->len != 4 || (!has(to, "%esi") && !has(to, "%rsi")))
        return;
    s->esi = i->operands[0].text[0] == '$' ? strtol(i->operands[0].text + 1, NULL, 0) : -1;
}

static bool is(const struct operand *o, const char *what)
{
    return o->len == strlen(what) && memcmp(o->text, what, o->len) == 0;
}

/* The call that stands here in place of the line; NULL: the line stays. */
static const char *instead(struct scan *s, const char *line, const char *end)
{
    const struct instruction i = parse(line, end);

    if (line < end && *line != '\t' && *line != '#' && *line != '.')
        s->realigned = false; /* another function */
    if (strcmp(i.mnemonic, "leaq") == 0 && i.count == 2 && is(&i.operands[0], "8(%rsp)") &&
        is(&i.operands[1], "%r10"))
        s->realigned = true;
    if (!s->realigned || s->foreign || !begins(i.mnemonic, "call") || i.count != 1)
        return NULL;
    return has(&i.operands[0], "__tsan_func_entry")  ? "\tcall\tls_realigned_entry\n"
           : has(&i.operands[0], "__tsan_func_exit") ? "\tcall\tls_realigned_exit\n"
                                                     : NULL;
}

static void look_at_instruction(struct scan *s, const char *line, const char *end)
{
    const struct instruction i = parse(line, end);

    if (touches_nothing(i.mnemonic))
        return;
    if (begins(i.mnemonic, "call")) {
        if (i.count == 1 && has(&i.operands[0], "__sanitizer_cov_trace_pc"))
            return; /* between an announcement and its access it says nothing of either */
        if (i.count != 1 || !announce(s, &i.operands[0]))
            s->reads = s->writes = 0;
        return;
    }
    if (i.mnemonic[0] == 'j') /* the targets are labels */
        return;
    if (i.count == 0)
        look_at_string(s, &i);
    else
        look_at_access(s, &i);
    note_esi(s, &i);
}

/* ".LVL3:" and its like are for the debugger; what is jumped to is ".L3:" or has a name. */
static bool is_target(const char *line)
{
    return !(begins(line, ".L") && isalpha((unsigned char)line[2]));
}

static void look_at_line(struct scan *s, const char *line, const char *end)
{
    if (begins(line, "#APP"))
        s->foreign = true;
    else if (begins(line, "#NO_APP"))
        s->foreign = false;
    else if (line < end && *line != '\t' && *line != '#') {
        if (is_target(line))
            s->reads = s->writes = 0;
    } else if (!s->foreign && line + 1 < end && *line == '\t' && line[1] != '.' &&
               line[1] != '#')
        look_at_instruction(s, line, end);
}

int uncovered_add_hooks(const char *assembly, struct buf *ret)
{
    struct scan s = {.esi = -1, .out = ret};

    while (*assembly) {
        const size_t n = strcspn(assembly, "\n");
        const char *other = instead(&s, assembly, assembly + n);

        look_at_line(&s, assembly, assembly + n);
        if (other)
            buf_puts(ret, other);
        else
            buf_add(ret, assembly, n + (assembly[n] == '\n'));
        s.added += other != NULL;
        assembly += n + (assembly[n] == '\n');
    }
    return s.added;
}
