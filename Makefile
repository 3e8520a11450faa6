# Etherforge: from targets.yaml to images and their catalogue. `make help` lists what there is to do.
# The rules of profiles and targets are rendered into out/gen/rules.mk; everything generated is below out/.

DRY := $(strip $(foreach flag,n q t,$(findstring $(flag),$(firstword -$(MAKEFLAGS)))))
MAKEFLAGS += -rR
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all image check fuzz coverage mutants smoke pxe faults bench setup clean help
all:

# What is given by these is text: it is not expanded, and reaches programs through the environment, never a shell's line.
GIVEN := T FAMILY WORKERS SMOKE PXE FAULTS PEER BENCH SETUP FUZZ SECONDS MUTANTS
$(foreach name,$(GIVEN),$(eval override $(name) := $$(value $(name))))
export $(GIVEN)

help:
	@sed -n 's/^#: //p' Makefile

#: make                       build every image of targets.yaml, the catalogue and the checksums, below out/
#: make image T=10ec:8139     build the images of one card, or of one family: T=rtl8139
#: make check                 formatters, linters, unit and host tests, build tests, quick smoke boots
#: make fuzz                  libFuzzer, until Ctrl-C or a finding; FUZZ=dhcp for one target, SECONDS=60 for each
#: make coverage              how many lines the host tests reach, by folder
#: make mutants               bugs made one by one, which the host tests have to find; MUTANTS=tftp for some of them
#: make smoke                 boot the images and keep the evidence; T=10ec:8139 or FAMILY=rtl8139 for some of them,
#:                            WORKERS=tcp://host:8786 on a cluster, SMOKE=--linux, --servers, --bad-input, --cards or --bochs for others
#: make pxe                   PXE both ways, with Debian's loaders, stock ROMs and real servers;
#:                            FAMILY=rtl8139 for one family, PXE=--rates for transfer rates, PXE="--count 200" for boots in a row
#: make faults                boots through loss, delay, reordering, duplicates, links that go down, and warm resets;
#:                            FAMILY=rtl8139 for one family, FAULTS="--reboots 300 --seed 1" for more or other ones
#: make bench                 measure build, size, boot and transfer, beside the ROMs of Debian's ipxe-qemu; PEER=file.rom
#:                            beside that one, BENCH="--part size --family rtl8139" for some of it, --document for the docs
#: make setup                 install what all of these need; SETUP=no before or behind any of them installs nothing
#: make clean                 remove out/
#: V=1 shows the commands. CROSS_COMPILE, PYTHON and -j are chosen for this machine unless given.

WORK := $(filter-out clean help,$(or $(MAKECMDGOALS),all))

ifeq ($(MAKELEVEL)$(filter -j% --jobs%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif

# One make at a time works in out/. What a killed one started holds the lock, too, until it has ended.
LOCK := $(if $(shell command -v flock),flock -n Makefile true || \
    echo 'make: another make is at work in this folder; waiting for it' >&2; flock Makefile)

ifneq ($(filter clean,$(MAKECMDGOALS)),)
.NOTPARALLEL:
clean:
	$(LOCK) rm -rf out
	$(if $(WORK),@$(MAKE) $(WORK))
$(or $(WORK),.PHONY): clean
else ifneq ($(WORK),)

# --- nothing here makes links, and none is followed: whatever is behind it is not ours to write to or to remove
LINKS := $(shell [ ! -d out ] || find out/ -type d \( -path out/cache -o -path out/mypy \) -prune -o -type l -print)
ifneq ($(LINKS),)
$(error $(firstword $(LINKS)): a link, which is not followed; hint: remove it)
endif

# --- set-up: ci/bootstrap.sh looks for the tools and writes which there are. It runs again when one of them has gone, and
# when an installation was killed. It installs nothing where make is only asked what it would do.
PURPOSES := check smoke pxe faults bench
AS_CHECK := fuzz coverage mutants# need what check needs
SETUP_FILES := $(foreach purpose,build $(if $(filter setup,$(WORK)),$(PURPOSES),$(sort $(filter $(PURPOSES),$(WORK)) $(if $(filter $(AS_CHECK),$(WORK)),check))),out/setup/$(purpose).mk)
include $(SETUP_FILES)
ifndef MAKE_RESTARTS
ifneq ($(words $(wildcard $(SETUP_TOOLS)))$(findstring Etherforge,$(file </usr/sbin/policy-rc.d)),$(words $(SETUP_TOOLS)))
.PHONY: $(SETUP_FILES)
endif
endif
out/setup/%.mk: ci/bootstrap.sh
	@$(if $(DRY),SETUP=no) $(if $(filter image,$(WORK)),IMAGE=yes) sh ci/bootstrap.sh $* $@

# On a first run make writes them now and starts again; nothing below makes sense before.
ifeq ($(wildcard $(SETUP_FILES)),$(SETUP_FILES))

ifndef OUT_LOCKED
# --- what is built is built by a make of its own, which holds the lock; what runs what was built does not need it
BUILD := $(sort $(filter-out setup $(PURPOSES) $(AS_CHECK) out/setup/%,$(WORK)) $(if $(filter smoke pxe faults bench,$(WORK)),all) \
    $(if $(filter $(AS_CHECK),$(WORK)),out/gen/default/options.h))
.PHONY: locked $(BUILD)
$(BUILD): locked ;
locked:
	@$(LOCK) $(MAKE) --no-print-directory OUT_LOCKED=yes $(BUILD)

setup:
	@echo 'everything is installed, or was named above'
check:
	@$(PYTHON) -m ci.checks
$(AS_CHECK): out/gen/default/options.h
	@$(PYTHON) -m ci.$@
smoke: all
	@$(if $(DRY),:,$(PYTHON) -m ci.from_make smoke); status=$$?; $(MAKE) -s out/catalogue.json && exit $$status
pxe faults bench: all
	@$(PYTHON) -m ci.from_make $@

else

# --- compilers. CROSS_COMPILE is a prefix such as i686-linux-gnu-; empty means the machine's own gcc with -m32.
CC := $(CROSS_COMPILE)gcc
LD := $(CROSS_COMPILE)ld
NASM := nasm
HOSTCC := gcc
CFLAGS := -m32 -march=i586 -mtune=i386 -std=gnu11 -Os -ffreestanding -fno-pic -fno-pie -fno-stack-protector \
    -fcf-protection=none -fno-stack-clash-protection --param=min-pagesize=0 \
    -fomit-frame-pointer -mregparm=3 -mpreferred-stack-boundary=2 -mno-sse -mno-mmx -msoft-float \
    -fno-tree-loop-optimize -fno-if-conversion -fno-caller-saves -fno-shrink-wrap \
    -fno-move-loop-invariants -fno-optimize-sibling-calls -fno-tree-dominator-opts -fno-tree-tail-merge \
    -fno-defer-pop -fno-code-hoisting -fno-ipa-ra -fno-tree-dse -fno-ipa-cp -fno-ira-hoist-pressure \
    -fno-asynchronous-unwind-tables -fno-strict-aliasing -ffunction-sections -fdata-sections -fno-common \
    -Wall -Wextra -Wundef -Werror -Wno-unused-parameter -Isrc/firmware -Isrc/drivers
LDFLAGS := -m elf_i386 -nostdlib --emit-relocs --gc-sections -z noexecstack
HOSTCFLAGS := -std=gnu11 -O2 -Wall -Wextra -Werror -Isrc/firmware -Ifactory/romtool
NASMFLAGS := -w+all -Werror $(foreach dir,firmware/platform/bios/boot firmware/platform/bios firmware/pxe mknbi,-i src/$(dir)/) -i out/obj/boot/

quote = '$(subst ','\'',$1)'
# Every tool writes beside its output and renames at the end, so an interrupted run leaves nothing that looks finished.
Q := $(if $(V),,@)
QUIET := $(or $(V),$(findstring s,$(firstword -$(MAKEFLAGS))))
begin = $(if $(QUIET),,echo '  $1 $(@:out/%=%)' && )mkdir -p $(@D)
finish = echo '$<:' >>$@.d.tmp && mv -f $@.d.tmp $(basename $@).d && mv -f $@.tmp $@
compile = $(Q)$(call begin,CC  ) && $(CC) $(CFLAGS) $(call quote,-ffile-prefix-map=$(CURDIR)=.) $1 -pipe -MMD -MP -MT $@ -MF $@.d.tmp -c -o $@.tmp $< && $(finish)
compile_host = $(Q)$(call begin,CC  ) && $(HOSTCC) $(HOSTCFLAGS) -pipe -MMD -MP -MT $@ -MF $@.d.tmp -c -o $@.tmp $< && $(finish)
# nasm's -MD (2.16) forgets what %include reads, so the dependencies get a run of their own.
assemble = $(Q)$(call begin,ASM ) && $(NASM) $1 $(NASMFLAGS) -M -MP -MT $@ -MF $@.d.tmp $< && \
    $(NASM) $1 $(NASMFLAGS) -o $@.tmp $< && $(finish)
link = $(Q)$(call begin,LD  ) && $(LD) $(LDFLAGS) -T $< -o $@.tmp $(filter %.o,$^) && mv -f $@.tmp $@
pack = $(Q)$(if $(QUIET),,echo '  PACK images/$1: $(words $(IMAGES_$1))' && )out/bin/romtool pack --elf $< $(PREFIX_OPTIONS) \
    --images out/gen/$1/images.tsv --out out/images --report out/obj/$1/pack.json

# --- sources
CORE := $(patsubst src/firmware/%,%,$(basename $(filter-out %/platform/target.c %/pxe/layout.c %/pxe/resident.asm, \
    $(sort $(wildcard $(foreach dir,lib net image platform platform/bios pxe loader,src/firmware/$(dir)/*.c src/firmware/$(dir)/*.asm))))))
ROMTOOL := $(patsubst factory/romtool/%.c,out/obj/romtool/%.o,$(sort $(wildcard factory/romtool/*.c)))

# --- a stamp holds what its dependents are built with; it is written, at no cost, only when that changes
define keep
ifneq ($$(file <out/stamp/$1),$$(strip $2))
$$(shell mkdir -p out/stamp)
$$(file >out/stamp/$1,$$(strip $2))
endif
endef
COMPILER := $(shell $(CC) --version | sed 1q)
ASSEMBLER := $(shell $(NASM) -v)
LINKER := $(shell $(LD) -v)
$(eval $(call keep,compile,$(CC) $(COMPILER) $(CFLAGS)))
$(eval $(call keep,assemble,$(NASM) $(ASSEMBLER) $(NASMFLAGS)))
$(eval $(call keep,link,$(LD) $(LINKER) $(LDFLAGS) $(CORE)))
$(eval $(call keep,romtool,$(HOSTCC) $(HOSTCFLAGS) $(ROMTOOL)))

# --- the matrix. out/gen/ is what was rendered from just these inputs, or it is rendered again before make reads it.
MATRIX := targets.yaml $(sort $(wildcard templates/*.j2 factory/*.py factory/*.json))
render = rm -f out/gen/sums && $(PYTHON) -m factory render && \
    { sha256sum $(MATRIX) && find out/gen -type f ! -name sums -exec sha256sum {} +; } >out/gen/sums
$(shell sha256sum --status -c out/gen/sums 2>/dev/null || rm -f out/gen/rules.mk)
include out/gen/rules.mk
out/gen/rules.mk: $(MATRIX) | out/setup/build.mk
	@$(render)
$(GENERATED): | out/gen/rules.mk
	@$(render)

# An image that changed after its family's pack.json was written is not as romtool left it: pack it again.
DAMAGED := $(shell cd out/obj 2>/dev/null && for report in */pack.json; do for image in ../images/$${report%/*}/*; do \
    [ "$$image" -nt "$$report" ] && echo "out/obj/$$image"; done; done)
.PHONY: $(DAMAGED:out/obj/../%=out/%)

# --- what all targets share
# What assembly knows of C's structures and constants.
out/obj/boot/layout.inc: src/firmware/pxe/layout.c out/stamp/compile
	$(Q)$(call begin,GEN ) && $(CC) $(CFLAGS) -MMD -MP -MT $@ -MF $@.d.tmp -S -o $@.s.tmp $< && \
	    sed -n 's/^#layout //p' $@.s.tmp >$@.tmp && rm $@.s.tmp && $(finish)
ASSEMBLED := $(PREFIXES) out/obj/boot/rm.bin $(foreach name,start switch,$(PROFILES:%=out/obj/%/platform/bios/$(name).o))
$(ASSEMBLED): out/obj/boot/layout.inc
out/obj/boot/%.bin: src/firmware/platform/bios/boot/%.asm out/stamp/assemble
	$(call assemble,-f bin)
out/obj/boot/rm.bin: src/firmware/pxe/resident.asm out/stamp/assemble
	$(call assemble,-f bin)
$(PROFILES:%=out/obj/%/platform/bios/rm_blob.o): out/obj/boot/rm.bin
out/obj/mknbi/stub.bin: src/mknbi/stub.asm out/stamp/assemble
	$(call assemble,-f bin)

out/obj/romtool/%.o: factory/romtool/%.c out/stamp/romtool
	$(compile_host)
out/bin/romtool: $(ROMTOOL) out/stamp/romtool
	$(Q)$(call begin,LD  ) && $(HOSTCC) -o $@.tmp $(ROMTOOL) && mv -f $@.tmp $@

-include $(wildcard $(addprefix out/obj/*/,*.d */*.d */*/*.d))
include $(if $(filter out/host/%,$(WORK)),build/host.mk)

# --- goals
all: out/catalogue.json out/SHA256SUMS out/obj/mknbi/stub.bin
out/catalogue.json out/SHA256SUMS &: targets.yaml $(IMAGES) $(TARGETS:%=out/obj/%/pack.json) $(wildcard factory/*.py out/smoke/evidence.json)
	$(Q)$(call begin,CAT ) && $(PYTHON) -m factory catalogue --compiler $(call quote,$(COMPILER)) \
	    --assembler $(call quote,$(ASSEMBLER)) --linker $(call quote,$(LINKER))

ifneq ($(filter image,$(WORK)),)
lower = $(subst A,a,$(subst B,b,$(subst C,c,$(subst D,d,$(subst E,e,$(subst F,f,$1))))))
ASKED := $(if $(findstring =,$T),,$(or $(ID_$T),$(ID_$(call lower,$(subst :,,$T)))))
image: $(ASKED)
	@$(if $(ASKED),ls -l $^,printf '%s\n' "T=$$T: not in targets.yaml; hint: make image T=10ec:8139, or T=rtl8139 for a family" >&2; exit 2)
endif

endif
endif
endif
