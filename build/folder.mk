# SPDX-License-Identifier: BSD-2-Clause
# Whether O is a folder that make may fill, and remove. It is when nothing is in it yet, or when make has marked it: the file
# .etherforge is the first one there, and the last that `clean` removes. out/ is ours by its name.

ifeq ($O,out)
ifneq ($(SPEC),targets.yaml)
$(error SPEC=$(SPEC): out/ is for the standard matrix; hint: name a folder of its own, such as O=mine)
endif
else
ifneq ($(filter out/%,$O),)
$(error O=$O: lies in the folder of the standard build; hint: name one beside it)
endif
ifneq ($(filter $O/%,$(SPEC)),)
$(error SPEC=$(SPEC): lies in the folder that `make clean` removes; hint: keep it outside of $O)
endif
CLEAN := $(filter clean,$(MAKECMDGOALS))
FOUND := $(wildcard $O/* $O/.[!.]*)
ifeq ($(filter $O/.etherforge,$(FOUND)),)
ifneq ($(FOUND)$(if $(CLEAN),$(wildcard $O/.)),)
$(error O=$O: not a folder that make has made; hint: name one that is new or empty)
endif
ifeq ($(if $(CLEAN),,$(shell mkdir -p $O && : >$O/.etherforge || echo failed)),failed)
$(error O=$O: cannot be made, or not be written to; hint: name another folder)
endif
endif
endif
