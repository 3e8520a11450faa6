# SPDX-License-Identifier: BSD-2-Clause
# Compilers and their flags, and how each of them is called.

# CROSS_COMPILE is a prefix such as i686-linux-gnu-; empty means the machine's own gcc with -m32.
CC := $(CROSS_COMPILE)gcc
LD := $(CROSS_COMPILE)ld
NASM := nasm
HOSTCC := gcc
COMPILER := $(shell $(CC) --version | sed 1q)
ASSEMBLER := $(shell $(NASM) -v)
LINKER := $(shell $(LD) -v)
# gcc knows -Oz from version 12 on.
SMALLEST := $(if $(filter 4.% 5.% 6.% 7.% 8.% 9.% 10.% 11.%,$(COMPILER)),-Os,-Oz)

# What the firmware needs to run at all.
CFLAGS := -m32 -std=gnu11 -Isrc/firmware -Isrc/drivers -I$O/gen
CFLAGS += -march=i586                      # the oldest processor that it runs on
CFLAGS += -ffreestanding                   # there is no C library; memcpy and memset are ours
CFLAGS += -mgeneral-regs-only              # nobody saves the FPU's registers: a float is an error
CFLAGS += -fno-strict-aliasing             # packets are read as words and as structures
CFLAGS += --param=min-pagesize=0           # low addresses hold BIOS data; gcc takes them for null pointers

# What some distributions' gcc does by default. It would cost space, or need a loader or a C library.
CFLAGS += -fno-pie
CFLAGS += -fno-stack-protector
CFLAGS += -fcf-protection=none
CFLAGS += -fno-stack-clash-protection

CFLAGS += -Wall -Wextra -Wundef -Werror
CFLAGS += -Wno-unused-parameter            # no driver needs every parameter of net_driver.h
CFLAGS += -Wno-missing-field-initializers   # what is not named is 0

# What makes it small. The figures are the bytes by which the compressed firmware grows when the flag alone is left out, the
# mean of all targets. `make flags` measures them again and writes them here. Packing comes after the compiler, so code
# that repeats itself often beats code that is shorter.
CFLAGS += $(SMALLEST)
CFLAGS += -mtune=i386                      # 816: short instructions, where later processors prefer others
CFLAGS += -mregparm=3                      # 974: arguments in registers; our assembly calls C like this, too
CFLAGS += -fomit-frame-pointer             # 428: no frame pointer to save, set up and restore
CFLAGS += -mpreferred-stack-boundary=2     # 340: nothing needs a stack that is aligned to 16 bytes
CFLAGS += -fno-if-conversion               # 150: a short jump, not the arithmetic that avoids it
CFLAGS += -fno-tree-loop-optimize          # 210: loops as they are written, without further counters
CFLAGS += -fno-tree-tail-merge             # 98: equal ends of branches compress better than jumps to one of them
CFLAGS += -fno-tree-dominator-opts         # 52: no copies of code that save a test
CFLAGS += -fno-caller-saves                # 78: nothing is kept in a register that a call destroys
CFLAGS += -fno-shrink-wrap                 # 75: registers are saved at the start of a function, always the same way
CFLAGS += -fno-code-hoisting               # 9: an expression stays in its branch, and occupies no register before
CFLAGS += -fno-move-loop-invariants        # 17: the same for loops
CFLAGS += -fno-optimize-sibling-calls      # 94: a call and the usual end of a function, not a jump
CFLAGS += -fno-defer-pop                   # 92: the stack is cleaned up after each call, always the same way
CFLAGS += -fno-thread-jumps                # 67: no copies of code for a branch whose way is known
CFLAGS += -ffunction-sections              # 67: functions that nothing calls can be left out by --gc-sections
CFLAGS += -fdata-sections                  # 13: and data that nothing reads

LDFLAGS := -m elf_i386 -nostdlib
LDFLAGS += --emit-relocs     # romtool finds by these which words hold addresses
LDFLAGS += --gc-sections     # functions and data that nothing uses stay out
LDFLAGS += -z noexecstack    # silences a warning about objects that nasm made
HOSTCFLAGS := -std=gnu11 -O1 -Wall -Wextra -Werror -Isrc/firmware -Ifactory/romtool -I$O/gen
NASMFLAGS := -w+all -Werror
NASMFLAGS += -w-unknown-warning -w-reloc # since 2.16.02, any address in an object is worth a warning; before, that is no name
NASMFLAGS += $(foreach folder,firmware/platform/bios/boot firmware/platform/bios firmware/pxe mknbi,-i src/$(folder)/)
NASMFLAGS += -i $O/obj/boot/

# $(call quote,text): one word for the shell, whatever is in it.
quote = '$(subst ','\'',$1)'

# V=1 shows the commands; else each prints one line, or none with -s.
Q := $(if $(V),,@)
QUIET := $(or $(V),$(SILENT))
# $(call begin,CC): print that line, and make the folder of what is to be written.
begin = $(if $(QUIET),,echo '  $1 $(@:$O/%=%)' && ){ [ -d $(@D) ] || mkdir -p $(@D); }

# Every tool writes beside its output and renames at the end: an interrupted run leaves nothing that looks finished. A `.d`
# file beside an object names what was read for it. It also has a rule without a recipe for each of these files, so that one
# which was moved away is a reason to compile again, and no error.
finish = echo '$<:' >>$@.d.tmp && mv -f $@.d.tmp $(basename $@).d && mv -f $@.tmp $@
DEPENDENCIES = -MMD -MP -MT $@ -MF $@.d.tmp
compile = $(Q)$(call begin,CC  ) && $(CC) $(CFLAGS) $(call quote,-ffile-prefix-map=$(CURDIR)=.) $1 -pipe $(DEPENDENCIES) -c -o $@.tmp $< && $(finish)
compile_host = $(Q)$(call begin,CC  ) && $(HOSTCC) $(HOSTCFLAGS) $(ROMTOOL_CFLAGS) $(FASTER) -pipe $(DEPENDENCIES) -c -o $@.tmp $< && $(finish)
# nasm's -MD (2.16) forgets what %include reads, so the dependencies get a run of their own.
assemble = $(Q)$(call begin,ASM ) && $(NASM) $1 $(NASMFLAGS) -M -MP -MT $@ -MF $@.d.tmp $< && \
    $(NASM) $1 $(NASMFLAGS) -o $@.tmp $< && $(finish)
link = $(Q)$(call begin,LD  ) && $(LD) $(LDFLAGS) -T $< -o $@.tmp $(filter %.o,$^) && mv -f $@.tmp $@

# What was read for each object the last time.
-include $(wildcard $(addprefix $O/obj/*/,*.d */*.d */*/*.d))

# $(call stamp,name,text): $O/stamp/name holds what its dependents are made with, such as a tool's version and flags. It is
# written, and they are made again, only when that has changed. No process is started to find out. GNU make 4.3 leaves the
# newline at the end of what it reads when its buffer has to grow, and moves to a lower address: strip takes it off.
define stamp
ifneq ($$(strip $$(file <$O/stamp/$1)),$$(strip $2))
$$(shell mkdir -p $O/stamp)
$$(file >$O/stamp/$1,$$(strip $2))
endif
endef
$(eval $(call stamp,compile,$(CC) $(COMPILER) $(CFLAGS)))
$(eval $(call stamp,assemble,$(NASM) $(ASSEMBLER) $(NASMFLAGS)))
