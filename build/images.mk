# SPDX-License-Identifier: BSD-2-Clause
# Images, the catalogue and the checksums. The rules per target, in $O/gen/rules.mk, call `pack`.

# $(call pack,<target>): compress the linked firmware (the first prerequisite) and write every image of the target.
pack = $(Q)$(if $(QUIET),,echo '  PACK images/$1: $(words $(IMAGES_$1))' && )$O/bin/romtool pack --elf $< $(PREFIX_OPTIONS) \
    --images $O/gen/$1/images.tsv --out $O/images --report $O/obj/$1/pack.json

# romtool writes the report last. An image that is newer was changed by something else: its target is packed again.
DAMAGED := $(shell cd $O/obj 2>/dev/null && for report in */pack.json; do for image in ../images/$${report%/*}/*; do \
    [ "$$image" -nt "$$report" ] && echo "$O/obj/$$image"; done; done)
.PHONY: $(DAMAGED:$O/obj/../%=$O/%)

all: $O/catalogue.json $O/SHA256SUMS $O/obj/mknbi/stub.bin $O/bin/etherforge

# The command line, from this tree. `make install` writes another one.
$O/bin/etherforge: build/images.mk $O/setup/build.mk
	$(Q)mkdir -p $(@D) && printf '#!%s\nimport sys\nsys.path[0] = r"""%s"""\nfrom factory.cli import main\nmain()\n' \
	    $(call quote,$(PYTHON)) $(call quote,$(CURDIR)) >$@.tmp && chmod +x $@.tmp && mv -f $@.tmp $@

$O/catalogue.json $O/SHA256SUMS &: $O/gen/rules.mk $(IMAGES) $(TARGETS:%=$O/obj/%/pack.json) $(wildcard factory/*.py factory/*.yaml)
	$(Q)$(call begin,CAT ) && $(PYTHON) -m factory catalogue --spec $(SPEC) --out $O --compiler $(call quote,$(COMPILER)) \
	    --assembler $(call quote,$(ASSEMBLER)) --linker $(call quote,$(LINKER))

# make image T=: rules.mk has the files of each target and ID, as ID_rtl8139 and ID_10ec8139. An ID may be written with a
# colon and capitals. No name has a `=` in it; make would read one as a substitution.
ifneq ($(filter image,$(MAKECMDGOALS)),)
lower = $(subst A,a,$(subst B,b,$(subst C,c,$(subst D,d,$(subst E,e,$(subst F,f,$1))))))
ASKED := $(if $(findstring =,$T),,$(or $(ID_$T),$(ID_$(call lower,$(subst :,,$T)))))
image: $(ASKED)
	@$(if $(ASKED),ls -l $^,printf '%s\n' "T=$$T: not in $(SPEC); hint: make image T=10ec:8139, or T=rtl8139 for a family" >&2; exit 2)
endif
