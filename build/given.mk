# SPDX-License-Identifier: BSD-2-Clause
# What the person who typed `make` gave: flags, and variables for the programs that make starts.

# Ours are the only rules; the search for built-in ones takes longer than a build with nothing to do.
MAKEFLAGS += -rR

# The one-letter flags are the first word of MAKEFLAGS. With n, q or t make is only asked what it would do; s wants silence.
FLAGS := $(firstword -$(MAKEFLAGS))
ONLY_ASKED := $(strip $(foreach flag,n q t,$(findstring $(flag),$(FLAGS))))
SILENT := $(findstring s,$(FLAGS))

# The values of these are text, so a `$` in one is a `$`: make does not expand it. Programs get them through the
# environment, never in a command line that a shell reads.
GIVEN := T FAMILY WORKERS SMOKE PXE FAULTS PEER BENCH SETUP FUZZ SECONDS MUTANTS
GIVEN += DESTDIR PREFIX ROMTOOL_CFLAGS ROMTOOL_LDFLAGS
$(foreach name,$(GIVEN),$(eval override $(name) := $$(value $(name))))
export $(GIVEN)
