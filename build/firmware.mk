# The firmware: which files it is made of, and what all images share.

# Every file of these folders is linked into every target. Not so target.c, which is compiled once per target, and rm.asm, the
# real-mode part, which is assembled by itself and included by rm_blob.asm.
FIRMWARE_FOLDERS := lib net image platform platform/bios pxe loader
FIRMWARE := $(patsubst src/firmware/%,%,$(basename $(filter-out %/platform/target.c %/platform/bios/rm.asm, \
    $(sort $(wildcard $(foreach folder,$(FIRMWARE_FOLDERS),src/firmware/$(folder)/*.c src/firmware/$(folder)/*.asm))))))
$(eval $(call stamp,link,$(LD) $(LINKER) $(LDFLAGS) $(FIRMWARE)))

# The prefixes: what a medium starts with, and unpacks the rest.
out/obj/boot/%.bin: src/firmware/platform/bios/boot/%.asm out/stamp/assemble
	$(call assemble,-f bin)
out/obj/boot/rm.bin: src/firmware/platform/bios/rm.asm out/stamp/assemble
	$(call assemble,-f bin)

# What `python3 -m factory mknbi` puts before a kernel.
out/obj/mknbi/stub.bin: src/mknbi/stub.asm out/stamp/assemble
	$(call assemble,-f bin)
