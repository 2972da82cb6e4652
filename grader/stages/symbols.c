/* symbols.c - walks SHT_SYMTAB and the program headers. */
#include "stages/symbols.h"

#include <fcntl.h>
#include <gelf.h>

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
