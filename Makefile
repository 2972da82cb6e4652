# Makefile - builds Lockstep, grades the bundled class, runs every test. One file, no recursion.
#
#   make demo     the main job     make check    the tests     make help    all targets
#   make SAN=address,undefined     a build beside the plain one, under build/address-undefined
#   V=1 shows the commands; CFLAGS and LDFLAGS are appended, never replaced.

comma   := ,
FLAVOUR := $(or $(subst $(comma),-,$(SAN)),plain)
BUILD   := build/$(FLAVOUR)
PREFIX  ?= /usr/local
SHARE   := $(PREFIX)/share/lockstep
Q       := $(if $(V),,@)
CC      := gcc

PKGS   := yaml-0.1 jansson libxml-2.0 libdw nettle sqlite3 libarchive
WARN   := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
          -Wpointer-arith -Wno-missing-field-initializers
BASE   := -U_FORTIFY_SOURCE -ffile-prefix-map=$(CURDIR)=. -std=c11 -D_GNU_SOURCE -Igrader -O2 -g $(WARN) -MMD -MP
ALL_CFLAGS  = $(BASE) $(shell pkg-config --cflags $(PKGS)) \
              $(SAN:%=-fsanitize=%) $(if $(SAN),-fno-omit-frame-pointer) $(CFLAGS)
ALL_LDFLAGS = $(SAN:%=-fsanitize=%) $(LDFLAGS)
LIBS        = $(shell pkg-config --libs $(PKGS)) -lelf -lm

# What the grader needs to run, and what its tests need on top.
DEPS_RUN  := gcc libc6-dev make binutils pkg-config check libsubunit-dev valgrind libc6-dbg \
             libyaml-dev libjansson-dev libxml2-dev libdw-dev libelf-dev nettle-dev \
             bubblewrap libseccomp-dev libarchive-dev libsqlite3-dev gettext
# Look-alikes need it; Debian 13 and Ubuntu 24.04 have it no more, and do without.
DEPS_MAYBE := similarity-tester
DEPS_TEST := $(DEPS_MAYBE) clang-format cppcheck shellcheck libxml2-utils python3-jsonschema perl git man-db \
             codespell gdb jq procps python3 python3-yaml clang time sqlite3 chromium chromium-driver openssh-client unzip zip zsh fish \
             $(if $(shell command -v npm),,npm) # a nodejs of elsewhere brings its own

DEPS_SLURM := slurm-wlm munge parallel openssh-server openssh-client jq python3

ROOMS   := core sandbox stages batch report
LIB_SRC := $(foreach r,$(ROOMS),$(wildcard grader/$(r)/*.c))
CLI_SRC := $(wildcard grader/cli/*.c)
RT_SRC  := $(wildcard grader/runtime/*.c)
EX_SRC  := $(wildcard grader/runtime/explore/*.c grader/runtime/strategies/*.c)
ES_SRC  := $(wildcard grader/runtime/suite/*.c)
UT_SRC  := $(wildcard grader/tests/unit/*.c)
OBJ      = $(patsubst grader/%.c,$(BUILD)/%.o,$(1))
OUR_C   := $(filter-out grader/tests/cases/%,$(sort $(wildcard grader/*/*.[ch] grader/tests/*/*.[ch] \
             grader/runtime/*/*.[ch] grader/sandbox/*/*.[ch] grader/batch/*/*.[ch]))) # cases: lines count

.DELETE_ON_ERROR:
.SECONDARY:

RUNTIME := $(addprefix $(BUILD)/runtime/,liblockstep_native.a liblockstep_explore.a \
             liblockstep_suite.a redirect.syms runtime.syms lockstep-init lockstep-unpack)

WORDS := $(BUILD)/locale/zh_CN/LC_MESSAGES/lockstep.mo

all: $(BUILD)/lockstep $(RUNTIME) $(WORDS) build/lockstep ## build everything
	@:

build/lockstep: build/plain/lockstep
	$(Q)ln -sf plain/lockstep $@

$(call OBJ,grader/cli/debugger.c): grader/cli/debugger.py

$(BUILD)/lockstep: $(call OBJ,$(CLI_SRC)) $(BUILD)/liblockstep.a
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/liblockstep.a: $(call OBJ,$(LIB_SRC))
	@echo "  AR    $@"
	$(Q)rm -f $@ && ar rcs $@ $^

# Linked into submissions: never with a sanitizer, whatever the grader is built with.
$(BUILD)/runtime/liblockstep_native.a: $(call OBJ,$(RT_SRC))
	@echo "  AR    $@"
	$(Q)rm -f $@ && ar rcs $@ $^
	$(Q)cp grader/runtime/lockstep.h $(@D)/

# One object each, in which only what a program calls keeps a global name: a student's own `step`
# or `W` clashes with nothing. A program takes the first, a suite the second.
EX_KEEP := 'ls_*' '__tsan_*' '__sanitizer_cov_*' main key lockstep_failed lockstep_suite suite_test malloc free calloc realloc \
           memalign aligned_alloc posix_memalign valloc malloc_usable_size
define one_object
	@echo "  AR    $@"
	$(Q)ld -r -o $(@:.a=.o) $^
	$(Q)objcopy --wildcard --rename-section .text=ls_text --rename-section .data=ls_data \
	    --rename-section .bss=ls_bss $(addprefix --keep-global-symbol=,$(EX_KEEP)) $(@:.a=.o)
	$(Q)rm -f $@ && ar rcs $@ $(@:.a=.o)
endef

$(BUILD)/runtime/liblockstep_explore.a: $(call OBJ,$(EX_SRC))
	$(one_object)

$(BUILD)/runtime/liblockstep_suite.a: $(call OBJ,$(EX_SRC) $(ES_SRC)) $(BUILD)/runtime/inputs.o \
                                      $(BUILD)/runtime/noexec.o
	$(one_object)

# What a program calls NAME is ls_x_NAME in the explorer: the list of them, for objcopy.
$(BUILD)/runtime/redirect.syms: $(BUILD)/runtime/liblockstep_explore.a $(BUILD)/runtime/liblockstep_suite.a
	$(Q)nm $^ | sed -n 's/.* T ls_x_\(.*\)/\1 ls_x_\1/p' | LC_ALL=C sort -u >$@

# What the runtime itself takes from libc, and its own names: a program's function of such a name
# gets another one.
$(BUILD)/runtime/runtime.syms: $(BUILD)/runtime/liblockstep_explore.a $(BUILD)/runtime/liblockstep_suite.a
	$(Q)nm $^ | sed -n 's/.* [UTDBRVW] \([A-Za-z_][A-Za-z_0-9]*\)$$/\1/p' | grep -vE '^(ls_|__tsan_|__sanitizer_cov_|(main|key|lockstep_suite|lockstep_failed|suite_test)$$)' | LC_ALL=C sort -u >$@

# What students read, in Chinese (grader/po). --check-format: a translation takes what the original does.
$(WORDS): grader/po/zh_CN.po Makefile
	@mkdir -p $(@D)
	@echo "  MO    $@"
	$(Q)msgfmt --check-format --check-header -o $@ $<

# pid 1 of the sandbox: static, with nothing of the grader in it, never with a sanitizer. Its
# system call filters are made here by libseccomp, which is then needed no more.
IN_SRC := $(filter-out %/mkseccomp.c,$(wildcard grader/sandbox/init/*.c)) grader/sandbox/tasks.c

$(BUILD)/init/mkseccomp: grader/sandbox/init/mkseccomp.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP,$(BASE)) -o $@ $< -lseccomp

$(BUILD)/init/seccomp_filter.h: $(BUILD)/init/mkseccomp
	$(Q)$< >$@

$(BUILD)/runtime/lockstep-init: $(IN_SRC) $(wildcard grader/sandbox/init/*.h) grader/sandbox/tasks.h \
                grader/runtime/wire.h $(BUILD)/init/seccomp_filter.h Makefile
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(filter-out -MMD -MP,$(BASE)) -I$(BUILD)/init -static -o $@ $(IN_SRC)

# Takes archives apart inside the sandbox: libarchive and nothing of the grader.
$(BUILD)/runtime/lockstep-unpack: grader/batch/unpack/unpack.c Makefile
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(filter-out -MMD -MP,$(BASE)) -o $@ $< $(shell pkg-config --libs libarchive)

$(BUILD)/runtime/%.o: grader/runtime/%.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(BASE) $(CFLAGS) -fno-omit-frame-pointer -fno-reorder-functions -fno-reorder-blocks-and-partition -c -o $@ $<

$(BUILD)/%.o: grader/%.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)

# ---- packages --------------------------------------------------------------------------

have = $(shell dpkg-query -W -f='$${db:Status-Status} $${Package}\n' $(1) 2>/dev/null | \
         sed -n 's/^installed //p')
missing = $(filter-out $(call have,$(1)),$(1))
define install
	@if [ -n "$(1)" ]; then \
	    if [ "$$(id -u)" = 0 ]; then as=; elif sudo -n true 2>/dev/null; then as=sudo; \
	    else echo "missing packages; run:  sudo apt-get install -y $(1)"; exit 1; fi; \
	    echo "installing: $(1)"; \
	    { $$as apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$as apt-get install -y -qq \
	      --no-install-recommends $(1); } >/tmp/lockstep-apt.$$$$ 2>&1 || \
	    { cat /tmp/lockstep-apt.$$$$; rm -f /tmp/lockstep-apt.$$$$; exit 1; }; \
	    rm -f /tmp/lockstep-apt.$$$$; \
	fi
endef

deps: ## install what is missing (apt-get, as root or through sudo)
	$(call install,$(call missing,$(DEPS_RUN) $(DEPS_TEST) $(DEPS_SLURM)))

deps-run:
	$(call install,$(call missing,$(DEPS_RUN)))
	@[ -z "$(call missing,$(DEPS_MAYBE))" ] || ! apt-cache show $(DEPS_MAYBE) >/dev/null 2>&1 || \
	    $(MAKE) --no-print-directory deps-maybe || true

deps-maybe:
	$(call install,$(call missing,$(DEPS_MAYBE)))

# ---- the main job ----------------------------------------------------------------------

demo: deps-run ## grade the bundled class: a table, and one failing report in full
	$(Q)$(MAKE) --no-print-directory all
	$(Q)sh grader/tests/demo.sh

stories: ## every example of the lesson, told by the reference solutions
	$(Q)sh grader/tests/stories.sh

lint: all ## every stub, reference and fixture gets exactly its stated verdict
	$(Q)build/lockstep lint

# ---- tests -----------------------------------------------------------------------------

UT_LIBS := -lcheck_pic -lsubunit -lrt -lm -pthread

$(BUILD)/unit: $(call OBJ,$(UT_SRC)) $(call OBJ,$(wildcard grader/runtime/strategies/*.c)) \
                $(BUILD)/liblockstep.a
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) $(UT_LIBS)

$(BUILD)/probe: grader/tests/probe/probe.c Makefile
	$(Q)$(CC) $(filter-out -MMD -MP,$(BASE)) -static -o $@ $<

$(BUILD)/fuzz: grader/tests/fuzz/fuzz.c $(BUILD)/runtime/explore/token.o $(BUILD)/liblockstep.a
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# The schema as OASIS published it (errata 01), out of a package that carries it.
build/sarif-schema.json:
	$(Q)rm -rf build/sarif && mkdir -p build/sarif
	$(Q)cd build/sarif && npm pack --silent @microsoft/jest-sarif >/dev/null && tar xzf microsoft-jest-sarif-*.tgz
	$(Q)cp "$$(find build/sarif/package -name 'sarif-2.1.0*.json' | sort | tail -1)" $@

tests-built: all $(BUILD)/unit $(BUILD)/fuzz $(BUILD)/probe build/sarif-schema.json

check: deps ## all tests; the last line counts them
	$(Q)$(MAKE) --no-print-directory -j2 all tests-built
	$(Q)$(MAKE) --no-print-directory -j2 tests-built SAN=address,undefined
	$(Q)sh grader/tests/check.sh

# Slurm and sshd of our own, on this machine, as this user: grader/tests/cluster.sh.
check-slurm: all ## the same class by Slurm with a lost node, and by GNU parallel
	$(call install,$(call missing,$(DEPS_SLURM)))
	$(Q)sh grader/tests/cli/37-slurm.t

hostile: all ## every attack of fixtures/hostile, in the full and the fallback tier
	$(Q)python3 grader/tests/hostile.py
	$(Q)python3 grader/tests/hostile.py --tier fallback

mutants: all ## take one protection away at a time: something must notice
	$(Q)$(MAKE) --no-print-directory -j2 FLAVOUR=mutants CFLAGS=-DLOCKSTEP_MUTANTS build/mutants/lockstep \
	    build/mutants/runtime/lockstep-init
	$(Q)python3 grader/tests/mutants.py

soak: all ## right and wrong ones of each exercise again and again under load
	$(Q)sh grader/tests/soak.sh
	$(Q)python3 grader/tests/load.py --load $$((12 * $$(nproc))) lint cli

$(BUILD)/launch: grader/bench/launch.c $(BUILD)/liblockstep.a
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

bench: all $(BUILD)/launch ## our processor time beside the bare tools', and the explorer's figures
	$(Q)bash grader/bench/overhead.sh
	$(Q)python3 grader/bench/explore.py
	$(Q)python3 grader/bench/processes.py
	$(Q)python3 grader/bench/sandbox.py
	$(Q)python3 grader/bench/class.py
	$(call install,$(call missing,$(DEPS_SLURM)))
	$(Q)sh grader/bench/engines.sh

format: ## let clang-format have its way
	$(Q)clang-format -i $(OUR_C)

format-check: ## is everything as clang-format would have it?
	$(Q)clang-format --dry-run --Werror $(OUR_C)

# cppcheck does not know cleanup attributes (auto_close, auto_free): leaks are LeakSanitizer's.
# Its readdir_r advice is obsolete (readdir(3), NOTES).
analyze: $(BUILD)/init/seccomp_filter.h ## gcc -fanalyzer and cppcheck
	$(Q)printf '%s\n' $(LIB_SRC) $(CLI_SRC) $(RT_SRC) $(EX_SRC) $(ES_SRC) \
	    $(wildcard grader/sandbox/init/*.c grader/batch/unpack/*.c) | xargs -P 2 -n 1 \
	    $(CC) $(filter-out -MMD -MP,$(ALL_CFLAGS)) -I$(BUILD)/init -fanalyzer -c -o /dev/null
	$(Q)cppcheck --quiet -j 2 --error-exitcode=1 --std=c11 --enable=warning,performance,portability \
	    --inline-suppr --suppress=missingIncludeSystem --library=gnu --library=posix \
	    --include=grader/tests/cppcheck.h --suppress=resourceLeak --suppress=memleak --suppress=readdirCalled \
	    $(foreach f,localtime gmtime getpwnam getpwuid getgrnam getgrgid gethostbyname getservbyname \
	      getprotobyname getlogin ttyname asctime ctime rand strtok ecvt fcvt,--suppress=$(f)Called:grader/runtime/explore/hidden.c) \
	    -D_GNU_SOURCE -Igrader $(LIB_SRC) $(CLI_SRC) $(RT_SRC) $(EX_SRC) $(ES_SRC) \
	    $(wildcard grader/sandbox/init/*.c grader/batch/unpack/*.c)

# ---- install ---------------------------------------------------------------------------

INSTALL_SHARE := $(DESTDIR)$(SHARE)

# The stubs and not what somebody wrote into them, and no file that is not kept: out of git where
# there is one. $(1): folders and files of the top, $(2): where to.
define install_tree
	$(Q)install -d $(2)
	$(Q)if git rev-parse -q --verify HEAD >/dev/null 2>&1; then git archive HEAD $(1) | tar -x -C $(2); \
	else cp -R $(1) $(2)/; fi
endef

# The binary finds everything from where it is: the folder can be moved as a whole.
install: install-student ## install under PREFIX (default /usr/local), below DESTDIR: all of it
	$(call install_tree,$(wildcard solutions fixtures LICENSE),$(INSTALL_SHARE))
	$(call install_tree,$(wildcard Makefile grader LICENSE),$(INSTALL_SHARE)/source)
	$(Q)rm -rf $(INSTALL_SHARE)/source/grader/tests $(INSTALL_SHARE)/source/grader/bench

install-student: deps-run ## the same without solutions, fixtures and source: where students log in
	$(Q)$(MAKE) --no-print-directory all
	$(Q)install -D -m 755 build/plain/lockstep $(DESTDIR)$(PREFIX)/bin/lockstep
	$(Q)install -D -m 644 grader/man/lockstep.1 $(DESTDIR)$(PREFIX)/share/man/man1/lockstep.1
	$(Q)install -d $(INSTALL_SHARE)/runtime
	$(Q)install -D -m 644 build/plain/locale/zh_CN/LC_MESSAGES/lockstep.mo $(INSTALL_SHARE)/locale/zh_CN/LC_MESSAGES/lockstep.mo
	$(Q)install -m 644 $(filter-out %/lockstep-init %/lockstep-unpack,$(RUNTIME:$(BUILD)/%=build/plain/%)) $(INSTALL_SHARE)/runtime
	$(Q)install -m 755 build/plain/runtime/lockstep-init build/plain/runtime/lockstep-unpack $(INSTALL_SHARE)/runtime
	$(Q)install -D -m 644 grader/runtime/lockstep.h $(INSTALL_SHARE)/runtime/lockstep.h
	$(call install_tree,exercises,$(INSTALL_SHARE))

uninstall: ## take away what install has put there, and nothing else
	$(Q)rm -f $(DESTDIR)$(PREFIX)/bin/lockstep $(DESTDIR)$(PREFIX)/share/man/man1/lockstep.1
	$(Q)rm -rf $(INSTALL_SHARE)

po: ## take new sentences into grader/po
	$(Q)python3 grader/po/extract.py >build/lockstep.pot
	$(Q)msgmerge --quiet --no-wrap --no-fuzzy-matching --sort-output --update --backup=none grader/po/zh_CN.po build/lockstep.pot

clean: ## remove everything that was made
	$(Q)rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t18

.PHONY: all deps deps-run deps-maybe demo stories lint check check-slurm tests-built hostile mutants soak bench format format-check analyze install install-student uninstall po clean help
