/* symbols.c - walks SHT_SYMTAB and the program headers. */
#include "stages/symbols.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>

#include "core/util.h"

static Elf *open_elf(const char *path, int *fd, struct err *e)
{
    Elf *elf;

    elf_version(EV_CURRENT);
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd < 0) {
        err_errno(e, "cannot open '%s'", path);
        return NULL;
    }
    elf = elf_begin(*fd, ELF_C_READ, NULL);
    if (!elf || elf_kind(elf) != ELF_K_ELF) {
        err_set(e, ERR_SYSTEM, "'%s' is no ELF file", path);
        elf_end(elf);
        return NULL;
    }
    return elf;
}

static void each_in(Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh,
                    void (*use)(void *ctx, const struct symbol *s), void *ctx)
{
    Elf_Data *data = elf_getdata(scn, NULL);
    const size_t count = sh->sh_entsize ? sh->sh_size / sh->sh_entsize : 0;

    for (size_t i = 0; data && i < count; i++) {
        struct symbol s;
        GElf_Sym sym;

        if (!gelf_getsym(data, (int)i, &sym))
            return;
        s.name = elf_strptr(elf, sh->sh_link, sym.st_name);
        s.defined = sym.st_shndx != SHN_UNDEF;
        s.global = GELF_ST_BIND(sym.st_info) != STB_LOCAL;
        if (s.name && *s.name && GELF_ST_TYPE(sym.st_info) != STT_FILE)
            use(ctx, &s);
    }
}

int symbols_each(const char *path, void (*use)(void *ctx, const struct symbol *s), void *ctx,
                 struct err *e)
{
    auto_close int fd = -1;
    Elf *elf = open_elf(path, &fd, e);
    Elf_Scn *scn = NULL;
    GElf_Shdr sh;

    if (!elf)
        return -1;
    while ((scn = elf_nextscn(elf, scn)))
        if (gelf_getshdr(scn, &sh) && sh.sh_type == SHT_SYMTAB)
            each_in(elf, scn, &sh, use, ctx);
    elf_end(elf);
    return 0;
}

/* What gcc -c -g makes of C, with the relocations of each. */
static bool is_ordinary(const char *section)
{
    static const char *const begins[] = {".text",
                                         ".data",
                                         ".bss",
                                         ".rodata",
                                         ".comment",
                                         ".note.GNU-",
                                         ".note.gnu.property",
                                         ".eh_frame",
                                         ".debug_",
                                         ".symtab",
                                         ".strtab",
                                         ".shstrtab",
                                         ".tbss",
                                         ".tdata",
                                         ".group"};

    if (strncmp(section, ".rela", 5) == 0 && section[5] == '.')
        section += 5;
    for (size_t i = 0; i < ARRAY_SIZE(begins); i++) {
        const size_t n = strlen(begins[i]);

        if (strncmp(section, begins[i], n) == 0 &&
            (section[n] == '\0' || section[n] == '.' || begins[i][n - 1] == '-' ||
             begins[i][n - 1] == '_'))
            return true;
    }
    return false;
}

/* valgrind.h: four rotations of rdi that together do nothing. */
static bool has_client_request(Elf_Scn *scn)
{
    static const unsigned char magic[] = {0x48, 0xc1, 0xc7, 0x03, 0x48, 0xc1, 0xc7, 0x0d,
                                          0x48, 0xc1, 0xc7, 0x3d, 0x48, 0xc1, 0xc7, 0x33};
    Elf_Data *data = elf_getdata(scn, NULL);

    return data && data->d_buf && memmem(data->d_buf, data->d_size, magic, sizeof magic);
}

static bool has_ifunc(Elf_Scn *scn, const GElf_Shdr *sh)
{
    Elf_Data *data = elf_getdata(scn, NULL);
    const size_t count = sh->sh_entsize ? sh->sh_size / sh->sh_entsize : 0;
    GElf_Sym sym;

    for (size_t i = 0; data && i < count && gelf_getsym(data, (int)i, &sym); i++)
        if (GELF_ST_TYPE(sym.st_info) == STT_GNU_IFUNC)
            return true;
    return false;
}

int symbols_strange(const char *path, char name[static 64], struct err *e)
{
    auto_close int fd = -1;
    Elf *elf = open_elf(path, &fd, e);
    Elf_Scn *scn = NULL;
    size_t names = 0;
    GElf_Shdr sh;
    int found = 0;

    if (!elf)
        return -1;
    elf_getshdrstrndx(elf, &names);
    while (!found && (scn = elf_nextscn(elf, scn))) {
        const char *section;

        if (!gelf_getshdr(scn, &sh))
            continue;
        section = elf_strptr(elf, names, sh.sh_name);
        found = 1;
        if (!section || !is_ordinary(section))
            snprintf(name, 64, "section %.50s", section ? section : "without a name");
        else if (sh.sh_type == SHT_SYMTAB && has_ifunc(scn, &sh))
            snprintf(name, 64, "an indirect function");
        else if (sh.sh_type == SHT_PROGBITS && has_client_request(scn))
            snprintf(name, 64, "a request to Valgrind");
        else
            found = 0;
    }
    elf_end(elf);
    return found;
}

long long symbols_load_size(const char *path, struct err *e)
{
    auto_close int fd = -1;
    Elf *elf = open_elf(path, &fd, e);
    long long bytes = 0;
    size_t n = 0;
    GElf_Phdr ph;

    if (!elf)
        return -1;
    if (elf_getphdrnum(elf, &n) != 0)
        n = 0;
    for (size_t i = 0; i < n; i++)
        if (gelf_getphdr(elf, (int)i, &ph) && ph.p_type == PT_LOAD)
            bytes += (long long)ph.p_memsz;
    elf_end(elf);
    return bytes;
}
