# Etherforge: from targets.yaml to images and their catalogue. `make help` lists what there is to do.
# The rules of profiles and targets are rendered into out/gen/rules.mk; everything generated is below out/.

MAKEFLAGS += -rR
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all image check smoke pxe bench clean help
all:

help:
	@sed -n 's/^#: //p' Makefile

#: make                       build every image of targets.yaml, the catalogue and the checksums, below out/
#: make image T=10ec:8139     build the images of one card, or of one family: T=rtl8139
#: make check                 formatters, linters, unit and host tests, build tests, quick smoke boots
#: make smoke                 boot the images and keep the evidence; T=10ec:8139 or FAMILY=rtl8139 for some of them,
#:                            WORKERS=tcp://host:8786 on a cluster, SMOKE=--linux, --servers or --bad-input for other boots
#: make pxe                   PXE both ways, with Debian's loaders, stock ROMs and real servers;
#:                            FAMILY=rtl8139 for one family, PXE=--rates for transfer rates, PXE="--count 200" for boots in a row
#: make bench                 measure build, size, boot and transfer, beside the ROMs of Debian's ipxe-qemu; PEER=file.rom
#:                            beside that one, BENCH="--part size --family rtl8139" for some of it, --document for the docs
#: make clean                 remove out/
#: V=1 shows the commands. CROSS_COMPILE, PYTHON and -j are chosen for this machine unless given.

WORK := $(filter-out clean help,$(or $(MAKECMDGOALS),all))

ifeq ($(MAKELEVEL)$(filter -j% --jobs%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif

ifneq ($(filter clean,$(MAKECMDGOALS)),)
.NOTPARALLEL:
clean:
	rm -rf out
	$(if $(WORK),@$(MAKE) $(WORK))
$(or $(WORK),.PHONY): clean
else ifneq ($(WORK),)

# --- set-up: ci/bootstrap.sh looks for the tools and writes which there are; it runs again when one of them has gone
SETUP := $(foreach purpose,build $(filter check smoke pxe bench,$(WORK)),out/setup/$(purpose).mk)
include $(SETUP)
ifneq ($(words $(wildcard $(SETUP_TOOLS))),$(words $(SETUP_TOOLS)))
.PHONY: $(SETUP)
endif
out/setup/%.mk: ci/bootstrap.sh
	@sh ci/bootstrap.sh $* $@

# On a first run make writes them now and starts again; nothing below makes sense before.
ifeq ($(wildcard $(SETUP)),$(SETUP))

# --- compilers. CROSS_COMPILE is a prefix such as i686-linux-gnu-; empty means the machine's own gcc with -m32.
CC := $(CROSS_COMPILE)gcc
LD := $(CROSS_COMPILE)ld
NASM := nasm
HOSTCC := gcc
CFLAGS := -m32 -march=i586 -mtune=i386 -std=gnu11 -Os -ffreestanding -fno-pic -fno-pie -fno-stack-protector \
    -fcf-protection=none -fno-stack-clash-protection --param=min-pagesize=0 \
    -fomit-frame-pointer -mregparm=3 -mpreferred-stack-boundary=2 -mno-sse -mno-mmx -msoft-float \
    -fno-tree-loop-optimize -fno-if-conversion -fno-if-conversion2 -fno-caller-saves -fno-shrink-wrap \
    -fno-move-loop-invariants -fno-optimize-sibling-calls -fno-tree-dominator-opts -fno-tree-tail-merge \
    -fno-defer-pop -fno-code-hoisting \
    -fno-asynchronous-unwind-tables -fno-strict-aliasing -ffunction-sections -fdata-sections -fno-common \
    -Wall -Wextra -Wundef -Werror -Wno-unused-parameter -Isrc/firmware -Isrc/drivers
LDFLAGS := -m elf_i386 -nostdlib --emit-relocs --gc-sections -z noexecstack
HOSTCFLAGS := -std=gnu11 -O2 -Wall -Wextra -Werror -Isrc/firmware -Ifactory/romtool
NASMFLAGS := -w+all -Werror $(foreach dir,firmware/boot firmware/bios firmware/pxe mknbi,-i src/$(dir)/) -i out/obj/boot/

# Every tool writes beside its output and renames at the end, so an interrupted run leaves nothing that looks finished.
Q := $(if $(V),,@)
QUIET := $(or $(V),$(findstring s,$(firstword -$(MAKEFLAGS))))
begin = $(if $(QUIET),,echo '  $1 $(@:out/%=%)' && )mkdir -p $(@D)
finish = mv -f $@.d.tmp $(basename $@).d && mv -f $@.tmp $@
compile = $(Q)$(call begin,CC  ) && $(CC) $(CFLAGS) '-ffile-prefix-map=$(subst ','\'',$(CURDIR))=.' $1 -pipe -MMD -MP -MT $@ -MF $@.d.tmp -c -o $@.tmp $< && $(finish)
compile_host = $(Q)$(call begin,CC  ) && $(HOSTCC) $(HOSTCFLAGS) -pipe -MMD -MP -MT $@ -MF $@.d.tmp -c -o $@.tmp $< && $(finish)
# nasm's -MD (2.16) forgets what %include reads, so the dependencies get a run of their own.
assemble = $(Q)$(call begin,ASM ) && $(NASM) $1 $(NASMFLAGS) -M -MP -MT $@ -MF $@.d.tmp $< && \
    $(NASM) $1 $(NASMFLAGS) -o $@.tmp $< && $(finish)
link = $(Q)$(call begin,LD  ) && $(LD) $(LDFLAGS) -T $< -o $@.tmp $(filter %.o,$^) && mv -f $@.tmp $@
pack = $(Q)$(if $(QUIET),,echo '  PACK images/$1: $(words $(IMAGES_$1))' && )out/bin/romtool pack --elf $< $(PREFIX_OPTIONS) \
    --images out/gen/$1/images.tsv --out out/images --report out/obj/$1/pack.json

# --- sources
CORE := $(patsubst src/firmware/%,%,$(basename $(filter-out %/core/target.c %/bios/rm.asm, \
    $(sort $(wildcard $(foreach dir,bios core net image pxe,src/firmware/$(dir)/*.c src/firmware/$(dir)/*.asm))))))
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

# --- the matrix
include out/gen/rules.mk
out/gen/rules.mk: targets.yaml $(wildcard templates/*.j2 factory/*.py factory/*.json) | out/setup/build.mk
	@$(PYTHON) -m factory render
$(GENERATED): | out/gen/rules.mk
	@$(PYTHON) -m factory render

# An image that changed after its family's pack.json was written is not as romtool left it: pack it again.
DAMAGED := $(shell cd out/obj 2>/dev/null && for report in */pack.json; do for image in ../images/$${report%/*}/*; do \
    [ "$$image" -nt "$$report" ] && echo "out/obj/$$image"; done; done)
.PHONY: $(DAMAGED:out/obj/../%=out/%)

# --- what all targets share
out/obj/boot/%.bin: src/firmware/boot/%.asm out/stamp/assemble
	$(call assemble,-f bin)
out/obj/boot/rm.bin: src/firmware/bios/rm.asm out/stamp/assemble
	$(call assemble,-f bin)
$(PROFILES:%=out/obj/%/bios/rm_blob.o): out/obj/boot/rm.bin
out/obj/mknbi/stub.bin: src/mknbi/stub.asm out/stamp/assemble
	$(call assemble,-f bin)

out/obj/romtool/%.o: factory/romtool/%.c out/stamp/romtool
	$(compile_host)
out/bin/romtool: $(ROMTOOL) out/stamp/romtool
	$(Q)$(call begin,LD  ) && $(HOSTCC) -o $@.tmp $(ROMTOOL) -llzma && mv -f $@.tmp $@

# What images are packed with: romtool, and the liblzma it finds when it runs, which may be another one tomorrow.
ifneq ($(shell [ ! -x out/bin/romtool ] || out/bin/romtool --version 2>/dev/null),$(file <out/stamp/pack))
.PHONY: out/stamp/pack
endif
out/stamp/pack: out/bin/romtool
	@out/bin/romtool --version >$@

-include $(wildcard out/obj/*/*.d out/obj/*/*/*.d)

# --- goals
all: out/catalogue.json out/SHA256SUMS out/obj/mknbi/stub.bin
out/catalogue.json out/SHA256SUMS &: targets.yaml $(IMAGES) $(TARGETS:%=out/obj/%/pack.json) $(wildcard factory/*.py out/smoke/evidence.json)
	$(Q)$(call begin,CAT ) && $(PYTHON) -m factory catalogue --compiler '$(COMPILER)' --assembler '$(ASSEMBLER)' \
	    --linker '$(LINKER)' --packer '$(file <out/stamp/pack)'

ifneq ($(filter image,$(WORK)),)
lower = $(subst A,a,$(subst B,b,$(subst C,c,$(subst D,d,$(subst E,e,$(subst F,f,$1))))))
ASKED := $(or $(ID_$(T)),$(ID_$(call lower,$(subst :,,$(T)))))
image: $(ASKED)
	$(if $(ASKED),@ls -l $^,@echo "T=$(T): not in targets.yaml; hint: make image T=10ec:8139, or T=rtl8139 for a family" >&2; exit 2)
endif
check:
	@$(PYTHON) -m ci.checks
smoke: all
	@$(PYTHON) -m ci.smoke $(T:%=--id %) $(FAMILY:%=--family %) $(WORKERS:%=--workers %) $(SMOKE); status=$$?; \
	$(MAKE) -s out/catalogue.json && exit $$status
pxe: all
	@$(PYTHON) -m ci.pxe $(FAMILY:%=--family %) $(PXE)
bench: all
	@$(PYTHON) -m ci.bench

endif
endif
