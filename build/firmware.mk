# SPDX-License-Identifier: BSD-2-Clause
# The firmware: which files it is made of, and what all images share.

# Every file of these folders is linked into every target, but for three: target.c comes first, and has a variant for targets with
# several drivers; layout.c is never run; resident.asm, the real-mode part, is assembled by itself and included by rm_blob.asm.
# The order is that of the link: it compresses better than others that were tried, by 60 bytes.
FIRMWARE_FOLDERS := lib image loader net platform/bios platform pxe
FIRMWARE := $(patsubst src/firmware/%,%,$(basename $(filter-out %/platform/target.c %/pxe/layout.c %/pxe/resident.asm, \
    $(foreach folder,$(FIRMWARE_FOLDERS),$(sort $(wildcard src/firmware/$(folder)/*.c src/firmware/$(folder)/*.asm))))))
$(eval $(call stamp,link,$(LD) $(LINKER) $(LDFLAGS) $(FIRMWARE)))

# Every file of the firmware and every driver is compiled once, but for target.c. A profile leaves files out of a target's link.
$O/obj/firmware/%.o: src/firmware/%.c $O/stamp/compile | $O/gen/settings_list.h
	$(call compile)
$O/obj/firmware/drivers/%.o: src/drivers/%.c $O/stamp/compile | $O/gen/settings_list.h
	$(call compile)
$O/obj/firmware/%.o: src/firmware/%.asm $O/stamp/assemble
	$(call assemble,-f elf32)
$O/obj/firmware/platform/bios/rm_blob.o: $O/obj/boot/rm.bin
$O/obj/firmware/platform/bios/start.o $O/obj/firmware/platform/bios/switch.o: $O/obj/boot/layout.inc

# What assembly knows of C's structures and constants. The compiler puts them into its assembly text, in lines of their own.
$O/obj/boot/layout.inc: src/firmware/pxe/layout.c $O/stamp/compile
	$(Q)$(call begin,GEN ) && $(CC) $(CFLAGS) $(DEPENDENCIES) -S -o $@.s.tmp $< && \
	    sed -n 's/^#layout //p' $@.s.tmp >$@.tmp && rm $@.s.tmp && $(finish)

# The prefixes: what a medium starts with, and unpacks the rest.
$O/obj/boot/%.bin: src/firmware/platform/bios/boot/%.asm $O/obj/boot/layout.inc $O/stamp/assemble
	$(call assemble,-f bin)
$O/obj/boot/rm.bin: src/firmware/pxe/resident.asm $O/obj/boot/layout.inc $O/stamp/assemble
	$(call assemble,-f bin)

# What `python3 -m factory mknbi` puts before a kernel.
$O/obj/mknbi/stub.bin: src/mknbi/stub.asm $O/stamp/assemble
	$(call assemble,-f bin)
