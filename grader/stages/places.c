/* places.c - one module reported to libdwfl offline, at a base of our choosing. */
#include "stages/places.h"

#include <elfutils/libdwfl.h>
#include <string.h>

struct places {
    Dwfl *dwfl;
    Dwfl_Module *module;
    Dwarf_Addr base;
};

static int no_debug_file(Dwfl_Module *mod, void **user, const char *name, Dwarf_Addr base,
                         const char *file, const char *link, GElf_Word crc, char **out)
{
    (void)mod, (void)user, (void)name, (void)base, (void)file, (void)link, (void)crc, (void)out;
    return -1;
}

int places_open(const char *program, struct places **ret, struct err *e)
{
    static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_build_id_find_elf,
                                             .find_debuginfo = no_debug_file,
                                             .section_address = dwfl_offline_section_address};
    struct places *p = calloc(1, sizeof *p);

    if (!p)
        return err_oom(e);
    p->dwfl = dwfl_begin(&callbacks);
    if (p->dwfl)
        p->module = dwfl_report_offline(p->dwfl, program, program, -1);
    if (!p->module || dwfl_report_end(p->dwfl, NULL, NULL) != 0) {
        err_set(e, ERR_SYSTEM, "cannot read '%s': %s", program, dwfl_errmsg(-1));
        places_close(p);
        return -1;
    }
    dwfl_module_info(p->module, NULL, &p->base, NULL, NULL, NULL, NULL, NULL);
    *ret = p;
    return 0;
}

void places_close(struct places *p)
{
    if (p && p->dwfl)
        dwfl_end(p->dwfl);
    free(p);
}

void places_code(struct places *p, uint64_t offset, struct arena *a, struct place *ret)
{
    const Dwarf_Addr at = p->base + offset;
    const char *name = dwfl_module_addrname(p->module, at), *src = NULL;
    Dwfl_Line *line = dwfl_module_getsrc(p->module, at);
    Dwarf_Addr begin = 0;

    *ret = (struct place){0};
    if (name)
        ret->function = arena_strdup(a, name);
    if (line)
        src = dwfl_lineinfo(line, &begin, &ret->line, NULL, NULL, NULL);
    ret->begins = src && begin == at;
    if (src) {
        const char *slash = strrchr(src, '/');

        ret->ours = strstr(src, "grader/runtime/") != NULL;
        ret->file = arena_strdup(a, slash ? slash + 1 : src);
    }
    if (name && strcmp(name, "ls_x_main") == 0)
        ret->function = "main";
}

const char *places_variable(struct places *p, uint64_t offset, struct arena *a)
{
    GElf_Off within = 0;
    GElf_Sym sym;
    const char *name =
        dwfl_module_addrinfo(p->module, p->base + offset, &within, &sym, NULL, NULL, NULL);

    if (!name || GELF_ST_TYPE(sym.st_info) != STT_OBJECT || within >= sym.st_size)
        return NULL;
    return within ? arena_printf(a, "%s+%lld", name, (long long)within) : arena_strdup(a, name);
}
