# SPDX-License-Identifier: BSD-2-Clause
# C compiled for this machine: the firmware and romtool as libraries, and the tests of ci/host and fuzz targets of ci/fuzz, which are
# linked with them. `make out/host/asan/net_ip_test` builds one program, `make out/host/asan/all` every one. Each run builds one flavour.

# --- flavours: what compiles and links
# asan    AddressSanitizer and UBSan: a test ends at the first bad access or undefined behaviour
# narrow  32 bits, as the firmware is: sums wrap that a 64-bit program has room for; undefined behaviour traps
# cover   counts how often each line runs
# fuzz    for libFuzzer, which comes with clang
# mutant  asan, where one source, $(MUTANT), is replaced by $O/host/mutant/source/$(MUTANT)
# A flavour's name may go on after a dash: $O/host/mutant-2/ is a folder of its own.
H := $O/host/$(firstword $(subst /, ,$(patsubst $O/host/%,%,$(firstword $(filter $O/host/%,$(MAKECMDGOALS))))))
FLAVOUR := $(firstword $(subst -, ,$(notdir $H)))
HOST := $(if $(filter narrow,$(FLAVOUR)),$(CC) -m32,$(HOSTCC))
SANITIZE := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
WARN := -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers -Wno-int-to-pointer-cast -Wno-pointer-to-int-cast
HOST_asan := $(HOST) $(SANITIZE) $(WARN)
HOST_narrow := $(HOST) -static -O1 -fsanitize=undefined -fsanitize-undefined-trap-on-error $(WARN)
HOST_cover := $(HOST) -O0 --coverage -w
HOST_fuzz := clang $(SANITIZE) -fsanitize-ignorelist=ci/fuzz/ignore.txt -w
HOST_mutant := $(HOST) $(SANITIZE) -w
ifeq ($(FLAVOUR),fuzz)
HOST_COMPILE := -fsanitize=fuzzer-no-link
HOST_LINK := -fsanitize=fuzzer
else
REPLAY := ci/fuzz/replay.c# the main() that libFuzzer would bring
endif

# The firmware keeps addresses in 32 bits, so programs lie below 4 GiB (no PIE), above the memory that tests map where a PC has it.
# Page 0 cannot be mapped: what a PC has there is at LOW_MEMORY. What registers do is up to the test (ci/host/device).
HOST_COMPILE += -std=gnu11 -g -fno-omit-frame-pointer -fno-pic -DLOW_MEMORY=0x10000u \
    -Ici/host/device -Isrc/firmware -Isrc/drivers -Ici/host -Ici/fuzz -Ifactory/romtool -I$O/gen
HOST_LINK += -z noexecstack -no-pie -Wl,-Ttext-segment=0x10000000,--defsym=_image_start=0x300000,--defsym=_memory_size=0x80000
# Programs place the parameters of PXE calls at any address, and a buffer of no bytes at 0.
ANYWHERE := src/firmware/pxe/% ci/host/pxe_% ci/host/fake_pxe_% ci/fuzz/pxe_% ci/fuzz/undi_%
WITH_CHIPS := ci/chips/% ci/fuzz/chips_% ci/host/chips_%# chip models, which are no firmware (build/chips.mk)
FROM_0 := src/firmware/pxe/% src/firmware/net/udp.c src/firmware/net/dhcp_build.c
$(eval $(call stamp,host-$(FLAVOUR),$(HOST_$(FLAVOUR)) $(HOST_COMPILE) $(HOST_LINK)))

# --- objects
host_compile = $(Q)$(call begin,CC  ) && $(HOST_$(FLAVOUR)) $(HOST_COMPILE) $1 -pipe $(DEPENDENCIES) -c -o $@.tmp $< && $(finish)
$H/%.o: %.c $O/stamp/host-$(FLAVOUR)| $O/gen/settings_list.h
	$(call host_compile,$(if $(filter $(ANYWHERE),$<),-fno-sanitize=alignment) $(if $(filter $(FROM_0),$<),-fno-sanitize=nonnull-attribute) \
	    $(if $(filter $(WITH_CHIPS),$<),-D_GNU_SOURCE -Ici/chips))
ifdef MUTANT
$H/$(MUTANT:.c=.o): $H/source/$(MUTANT)
	$(call host_compile,-iquote $(dir $(MUTANT)))
# All other objects are those of flavour asan, which has been built.
objects = $(foreach source,$1,$(if $(filter $(MUTANT),$(source)),$H,$O/host/asan)/$(source:.c=.o))
else
objects = $(1:%.c=$H/%.o)
endif

# --- tables. Nothing refers to what is in them by name, so each becomes one object, which the linker takes as a whole. Its start and
# end are marked as the linker map does for the firmware.
DRIVERS := $(filter-out %/skeleton.c,$(shell grep -l ^NET_DRIVER src/drivers/*.c))
SERVICES := $(shell grep -l ^PXE_OPCODE src/firmware/pxe/*.c)
mark = printf '.section .note.GNU-stack,"",%%progbits\n.section $1,"a"\n.globl $2\n$2:\n' | $(HOST) -x assembler -c -o $@.$2 -
table = $(Q)$(call begin,LD  ) && $(call mark,$1,$2) && $(call mark,$1,$3) && $(HOST) -r -nostdlib -o $@.tmp $@.$2 $^ $@.$3 && mv -f $@.tmp $@
$H/drivers.o: $(call objects,$(DRIVERS))
	$(call table,drivers,__start_drivers,__stop_drivers)
$H/services.o: $(call objects,$(SERVICES))
	$(call table,.opcodes,_opcodes,_opcodes_end)

# Tables that a test may add to (net/ipv4.h, net/fetch.h): the linker marks these itself. What is in them comes with what reads them.
PROTOCOLS := src/firmware/net/ipv4.c src/firmware/net/ipv4_fragments.c $(shell grep -l ^IP_PROTOCOL src/firmware/net/*.c)
FETCHERS := src/firmware/net/uri.c $(shell grep -l ^FETCHER src/firmware/net/*.c)
# Commands and interpreters run each other, and file_run() unpacks where it can.
RUNS := $(wildcard $(addprefix src/firmware/loader/,run.c unpack.c command.c) $(shell grep -lE '^(INTERPRETER|COMMAND)' src/firmware/loader/*.c))
# Boot-file formats and wrappers, which their tables name weakly.
FORMATS := $(shell grep -lE '^const struct (image_type|wrapper) ' src/firmware/image/*.c)
$H/formats.o: $(call objects,$(FORMATS))
$H/protocols.o: $(call objects,$(PROTOCOLS))
$H/fetchers.o: $(call objects,$(FETCHERS))
$H/runs.o: $(call objects,$(sort $(RUNS)))
$H/protocols.o $H/fetchers.o $H/runs.o $H/formats.o:
	$(Q)$(call begin,LD  ) && $(HOST) -r -nostdlib -o $@.tmp $^ && mv -f $@.tmp $@

# --- libraries: the linker takes from them what a program lacks
LIBRARIES := $H/firmware.a $H/romtool.a
$H/firmware.a: $(addprefix $H/,drivers.o services.o protocols.o fetchers.o runs.o formats.o) $(call objects, \
    $(filter-out $(DRIVERS) $(SERVICES) $(PROTOCOLS) $(FETCHERS) $(RUNS) $(FORMATS) %/skeleton.c %/target.c, \
    $(wildcard src/firmware/*/*.c src/firmware/*/*/*.c src/drivers/*.c)))
$H/romtool.a: $(call objects,$(filter-out %/main.c,$(wildcard factory/romtool/*.c)) $(ROMTOOL_SHARED))
$(LIBRARIES):
	$(Q)$(call begin,AR  ) && rm -f $@ && ar rcsPT $@ $^

# --- programs. What stands in for parts of the firmware (ci/host/fake_link.c) is linked with whatever includes its header, and comes
# before the library: what it defines is not taken from there.
TESTS := $(wildcard ci/host/*_test.c)
FUZZERS := $(wildcard ci/fuzz/*_fuzz.c)
FAKES := $(filter-out $(TESTS) ci/host/main.c,$(wildcard ci/host/*.c))
PLANTED := $(wildcard $O/planted/*.c)# programs of checks that check these checks
PROGRAMS := $(patsubst %.c,$H/%,$(notdir $(if $(REPLAY),$(TESTS)) $(FUZZERS)))

own = $(filter-out $(call objects,$(FAKES)),$(filter %.o,$^))
included = $(foreach object,$(own),$(file <$(object:.o=.d)))
fakes = $(call objects,$(patsubst %.h,%.c,$(sort $(filter $(FAKES:.c=.h),$(included)))))
$(foreach source,$(TESTS) $(FUZZERS) $(PLANTED),$(eval $H/$(basename $(notdir $(source))): $(call objects,$(source))))
$(patsubst %.c,$H/%,$(notdir $(TESTS))): $(call objects,ci/host/main.c)
$(patsubst %.c,$H/%,$(notdir $(filter %_fuzz.c,$(FUZZERS) $(PLANTED)))): $(call objects,$(REPLAY))
# Chip models, and of the card process what a test does not have in its place.
$H/chips_fuzz: $(call objects,$(filter-out $(addprefix ci/chips/,card.c options.c link.c proxy.c vfio_user.c wire.c clock.c), \
    $(wildcard ci/chips/*.c ci/chips/model/*.c)))
$H/chips_parts_test: $(call objects,ci/chips/phy.c ci/chips/mdio.c ci/chips/eeprom.c)
$H/romtool: $(call objects,factory/romtool/main.c)
$H/romtool $(patsubst %.c,$H/%,$(notdir $(TESTS) $(FUZZERS) $(PLANTED))): $(LIBRARIES) $(call objects,$(FAKES))
	$(Q)$(call begin,LD  ) && $(HOST_$(FLAVOUR)) $(HOST_LINK) -o $@.tmp $(own) $(fakes) $(LIBRARIES) && mv -f $@.tmp $@
.PHONY: $H/all
$H/all: $(PROGRAMS)

-include $(wildcard $H/*/*/*.d $H/*/*/*/*.d $H/*/*/*/*/*.d)
