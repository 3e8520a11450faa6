# Etherforge: from targets.yaml to images and their catalogue. `make help` lists what there is to do.
# The rules of profiles and targets are rendered into out/gen/rules.mk; everything generated is below out/.

MAKEFLAGS += -rR
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all image check smoke bench clean help
all:

WORK := $(filter-out clean help,$(or $(MAKECMDGOALS),all))

ifneq ($(filter clean,$(MAKECMDGOALS)),)
clean:
	rm -rf out
	$(if $(WORK),$(MAKE) $(WORK))
ifneq ($(WORK),)
$(WORK): clean
	@:
endif
else ifneq ($(WORK),)

# --- set-up: which tools there are (written by ci/bootstrap.sh; read again when one of them has gone)
include out/setup/build.mk
ifneq ($(words $(wildcard $(SETUP_TOOLS))),$(words $(SETUP_TOOLS)))
.PHONY: out/setup/build.mk
endif
out/setup/build.mk: ci/bootstrap.sh
	@sh ci/bootstrap.sh build $@

ifeq ($(filter -j% --jobs%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif

# --- compilers. CROSS_COMPILE is a prefix such as i686-linux-gnu-; empty means the machine's own gcc with -m32.
CC := $(CROSS_COMPILE)gcc
LD := $(CROSS_COMPILE)ld
OBJCOPY := $(CROSS_COMPILE)objcopy
NASM := nasm
HOSTCC := gcc
CFLAGS := -m32 -march=i586 -mtune=i686 -std=gnu11 -Os -ffreestanding -fno-pic -fno-pie -fno-stack-protector --param=min-pagesize=0 \
    -fomit-frame-pointer -mregparm=3 -mpreferred-stack-boundary=2 -mno-sse -mno-mmx -msoft-float \
    -fno-asynchronous-unwind-tables -fno-strict-aliasing -ffunction-sections -fdata-sections -fno-common \
    -Wall -Wextra -Wundef -Werror -Wno-unused-parameter -Isrc/firmware -Isrc/drivers
LDFLAGS := -m elf_i386 -nostdlib --emit-relocs --gc-sections -z noexecstack
HOSTCFLAGS := -std=gnu11 -O2 -Wall -Wextra -Werror -Isrc/firmware -Ifactory/romtool
NASMFLAGS := -w+all -Werror -i src/firmware/boot/ -i out/obj/boot/

Q := $(if $(V),,@)
say = $(if $(V),,@echo '  $1  $(patsubst out/%,%,$@)')

# Every tool writes beside its output and renames at the end, so an interrupted run leaves nothing that looks finished.
define compile
$(call say,CC )
@mkdir -p $(@D)
$(Q)$(CC) $(CFLAGS) -ffile-prefix-map=$(CURDIR)=. $1 -MMD -MP -MT $@ -MF $@.tmp.d -c -o $@.tmp $< && mv -f $@.tmp.d $(@:.o=.d) && mv -f $@.tmp $@
endef
define assemble
$(call say,ASM)
@mkdir -p $(@D)
$(Q)$(NASM) $1 $(NASMFLAGS) -MD $@.tmp.d -MP -MT $@ -o $@.tmp $< && mv -f $@.tmp.d $(basename $@).d && mv -f $@.tmp $@
endef
define link
$(call say,LD )
@mkdir -p $(@D)
$(Q)$(LD) $(LDFLAGS) -T $< -o $@.tmp $(filter %.o,$^) && mv -f $@.tmp $@
endef
define pack
@$(if $(V),,echo '  PACK images/$1: $(words $(IMAGES_$1))')
$(Q)out/bin/romtool pack --elf $< $(PREFIX_OPTIONS) --images out/gen/$1/images.tsv --out out/images --report out/obj/$1/pack.json
endef

# --- a stamp holds what its dependents are built with; it is written, at no cost, only when that changes
define keep
ifneq ($$(file <out/stamp/$1),$$(strip $2))
$$(shell mkdir -p out/stamp)
$$(file >out/stamp/$1,$$(strip $2))
endif
endef

CORE := $(patsubst src/firmware/%,%,$(basename $(filter-out %/core/target.c %/bios/rm.asm, \
    $(sort $(wildcard $(foreach dir,bios core net image pxe,src/firmware/$(dir)/*.c src/firmware/$(dir)/*.asm))))))
UNPACK := $(patsubst src/firmware/%.c,out/obj/%.o,$(sort $(wildcard src/firmware/boot/*.c)))
ROMTOOL := $(patsubst factory/romtool/%.c,out/obj/romtool/%.o,$(sort $(wildcard factory/romtool/*.c)))
TOOLCHAIN := $(shell $(CC) --version | head -n 1)
$(eval $(call keep,compile,$(CC) $(TOOLCHAIN) $(CFLAGS)))
$(eval $(call keep,assemble,$(NASM) $(NASMFLAGS)))
$(eval $(call keep,link,$(LD) $(LDFLAGS) $(CORE) $(UNPACK)))
$(eval $(call keep,romtool,$(HOSTCC) $(HOSTCFLAGS) $(ROMTOOL)))

# An image that changed after its pack.json was written is not as romtool left it.
DAMAGED := $(shell for report in out/obj/*/pack.json; do family=$${report%/pack.json}; \
    for image in out/images/$${family\#\#*/}/*; do [ "$$image" -nt "$$report" ] && echo "$$image"; done; done)
.PHONY: $(DAMAGED)

# --- the matrix
include out/gen/rules.mk
out/gen/rules.mk: targets.yaml $(wildcard templates/*.j2 factory/*.py factory/*.json) | out/setup/build.mk
	@$(PYTHON) -m factory render
$(GENERATED): | out/gen/rules.mk
	@$(PYTHON) -m factory render

out/obj/boot/%.o: src/firmware/boot/%.c out/stamp/compile
	$(call compile)
out/obj/boot/unpack.elf: src/firmware/boot/unpack.lds $(UNPACK) out/stamp/link
	$(call link)
out/obj/boot/unpack.bin: out/obj/boot/unpack.elf
	$(Q)$(OBJCOPY) -O binary $< $@.tmp && mv -f $@.tmp $@
out/obj/boot/%.bin: src/firmware/boot/%.asm out/obj/boot/unpack.bin out/stamp/assemble
	$(call assemble,-f bin)
out/obj/boot/rm.bin: src/firmware/bios/rm.asm out/stamp/assemble
	$(call assemble,-f bin)
$(PROFILES:%=out/obj/%/bios/rm_blob.o): out/obj/boot/rm.bin

out/obj/romtool/%.o: factory/romtool/%.c out/stamp/romtool
	$(call say,CC )
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOSTCFLAGS) -MMD -MP -MT $@ -MF $@.tmp.d -c -o $@.tmp $< && mv -f $@.tmp.d $(@:.o=.d) && mv -f $@.tmp $@
out/bin/romtool: $(ROMTOOL) out/stamp/romtool
	$(call say,LD )
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -o $@.tmp $(ROMTOOL) -llzma && mv -f $@.tmp $@

-include $(wildcard out/obj/*/*.d out/obj/*/*/*.d)

ifneq ($(filter image,$(WORK)),)
NAME := $(subst A,a,$(subst B,b,$(subst C,c,$(subst D,d,$(subst E,e,$(subst F,f,$(subst :,,$(T))))))))
ASKED := $(or $(ID_$(T)),$(ID_$(NAME)))
ifeq ($(ASKED),)
$(error T=$(T): not in targets.yaml; hint: make image T=10ec:8139, or T=rtl8139 for a whole family)
endif
image: $(ASKED)
	@ls -l $^
endif
all: $(IMAGES)

endif
