/* blind.c - libelf for the room, and the head of an ELF file for the program; see blind.h. */
#include "stages/blind.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <nettle/hmac.h>
#include <string.h>
#include <sys/stat.h>

#include "sandbox/tier.h"

enum { ROOMS = 2, KINDS = 4, STEP = 16, STEPS = 4096, DRAWN = 2 * ROOMS * KINDS };

/* 16 bits for each size, and more behind them. */
static void draw(const struct unit *u, uint8_t ret[static SHA256_DIGEST_SIZE])
{
    static const char label[] = ":where things are";
    const char *secret = u->o->secret ? u->o->secret : u->r->submission_hash;
    struct hmac_sha256_ctx h;

    hmac_sha256_set_key(&h, strlen(secret), (const uint8_t *)secret);
    hmac_sha256_update(&h, strlen(u->r->submission_hash),
                       (const uint8_t *)u->r->submission_hash);
    hmac_sha256_update(&h, sizeof label, (const uint8_t *)label);
    hmac_sha256_digest(&h, SHA256_DIGEST_SIZE, ret);
}

bool blind_suite_first(const struct unit *u)
{
    uint8_t d[SHA256_DIGEST_SIZE];

    draw(u, d);
    return d[DRAWN] & 1;
}

/* ---- an object of nothing but room ------------------------------------------------------ */

struct section {
    const char *name;
    unsigned type;
    unsigned long flags;
};

static const struct section kinds[KINDS] = {
    {".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR},
    {".rodata", SHT_PROGBITS, SHF_ALLOC},
    {".data", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE},
    {".bss", SHT_NOBITS, SHF_ALLOC | SHF_WRITE},
};
static const char names[] = "\0.text\0.rodata\0.data\0.bss\0.note.GNU-stack\0.shstrtab";

static size_t name_at(const char *name)
{
    const char *p = names + 1;

    while (strcmp(p, name) != 0)
        p += strlen(p) + 1;
    return (size_t)(p - names);
}

static bool add_section(Elf *elf, const struct section *s, void *bytes, size_t size)
{
    Elf_Scn *scn = elf_newscn(elf);
    Elf_Data *data = scn ? elf_newdata(scn) : NULL;
    GElf_Shdr sh;

    if (!data || !gelf_getshdr(scn, &sh))
        return false;
    *data = (Elf_Data){.d_buf = s->type == SHT_NOBITS ? NULL : bytes,
                       .d_size = size,
                       .d_align = STEP,
                       .d_type = ELF_T_BYTE,
                       .d_version = EV_CURRENT};
    sh.sh_name = (Elf64_Word)name_at(s->name);
    sh.sh_type = s->type;
    sh.sh_flags = s->flags;
    sh.sh_addralign = STEP;
    return gelf_update_shdr(scn, &sh) != 0;
}

static bool write_room(Elf *elf, const uint8_t *drawn)
{
    static uint8_t zeros[STEP * STEPS];
    static const struct section stack = {".note.GNU-stack", SHT_PROGBITS, 0};
    static const struct section strings = {".shstrtab", SHT_STRTAB, 0};
    GElf_Ehdr eh;
    bool ok = gelf_newehdr(elf, ELFCLASS64) != NULL && gelf_getehdr(elf, &eh);

    if (!ok)
        return false;
    eh.e_ident[EI_DATA] = ELFDATA2LSB;
    eh.e_type = ET_REL;
    eh.e_machine = EM_X86_64;
    eh.e_version = EV_CURRENT;
    eh.e_shstrndx = KINDS + 2;
    for (int i = 0; ok && i < KINDS; i++) {
        const size_t steps = (size_t)(drawn[2 * i] | drawn[2 * i + 1] << 8) % STEPS;

        ok = add_section(elf, &kinds[i], zeros, steps * STEP);
    }
    return ok && add_section(elf, &stack, NULL, 0) &&
           add_section(elf, &strings, (void *)(uintptr_t)names, sizeof names) &&
           gelf_update_ehdr(elf, &eh) && elf_update(elf, ELF_C_WRITE) >= 0;
}

int blind_room(struct unit *u, struct err *e)
{
    uint8_t d[SHA256_DIGEST_SIZE];

    draw(u, d);
    elf_version(EV_CURRENT);
    for (int i = 0; i < ROOMS; i++) {
        const char *path = arena_printf(u->a, "%s/lockstep-room%d.o", u->work, i);
        auto_close int fd = -1;
        Elf *elf;
        bool ok;

        if (!path)
            return err_oom(e);
        fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (fd < 0)
            return err_errno(e, "cannot write '%s'", path);
        elf = elf_begin(fd, ELF_C_WRITE, NULL);
        errno = 0;
        ok = elf && write_room(elf, d + 2 * KINDS * i);
        if (!ok)
            err_errno(e, "cannot write '%s'", path);
        elf_end(elf);
        if (!ok)
            return -1;
    }
    return 0;
}

/* ---- the program without what only readers need ------------------------------------------ */

/* What the kernel and the dynamic linker read lies in the segments; tables of sections and
 * symbols and debug information lie behind them (elf(5)). Returns how much is left; 0: it is
 * not laid out like that. */
static size_t forget_sections(char *bytes, size_t len)
{
    Elf64_Ehdr *eh = (Elf64_Ehdr *)bytes;
    size_t end = sizeof *eh;

    if (len < sizeof *eh || memcmp(eh->e_ident, ELFMAG, SELFMAG) != 0 ||
        eh->e_phentsize != sizeof(Elf64_Phdr) || eh->e_phoff > len ||
        (len - eh->e_phoff) / sizeof(Elf64_Phdr) < eh->e_phnum)
        return 0;
    for (int i = 0; i < eh->e_phnum; i++) {
        const Elf64_Phdr *ph = (const Elf64_Phdr *)(bytes + eh->e_phoff) + i;

        if (ph->p_offset > len || len - ph->p_offset < ph->p_filesz)
            return 0;
        if (ph->p_offset + ph->p_filesz > end)
            end = ph->p_offset + ph->p_filesz;
    }
    eh->e_shoff = 0;
    eh->e_shnum = eh->e_shstrndx = 0;
    return end;
}

int blind_program(struct unit *u, const char *folder, struct err *e)
{
    const char *path = arena_printf(u->a, "%s/program", folder);
    const char *dir = arena_printf(u->a, "%s/" BLIND_FULL, folder);
    const char *full = arena_printf(u->a, "%s/program", dir ? dir : "");
    auto_free char *bytes = NULL;
    size_t len;

    if (u->a->failed)
        return err_oom(e);
    if (make_dirs(dir, e) < 0)
        return -1;
    if (chmod(dir, 0711) < 0 || rename(path, full) < 0)
        return err_errno(e, "cannot move '%s'", path);
    if (slurp(full, 256 << 20, &bytes, &len, e) < 0)
        return -1;
    if (!sandbox_without("blind") && (len = forget_sections(bytes, len)) == 0)
        return err_set(e, ERR_SYSTEM, "'%s' is no program that can be read", full);
    if (write_plain(path, bytes, len, e) < 0)
        return -1;
    return chmod(path, 0755) < 0 ? err_errno(e, "cannot make '%s' a program", path) : 0;
}
