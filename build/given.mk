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
GIVEN := T FAMILY WORKERS SMOKE PXE CHIPS FAULTS PEER BENCH SETUP FUZZ SECONDS MUTANTS
GIVEN += DESTDIR PREFIX ROMTOOL_CFLAGS ROMTOOL_LDFLAGS
$(foreach name,$(GIVEN),$(eval override $(name) := $$(value $(name))))
export $(GIVEN)

# O is the folder of all that is made, SPEC the matrix; the others are of build/dist.mk. As O for the make of the Linux kernel, they count
# on the command line only: in the environment such short names may stand for something else.
ON_COMMAND_LINE := O SPEC KEY GPGKEY DIST
$(foreach name,$(ON_COMMAND_LINE),$(eval override $(name) := $$(if $$(filter command,$$(origin $(name))),$$(value $(name)))))
override O := $(or $O,out)
override SPEC := $(or $(SPEC),targets.yaml)

# make splits names at spaces, and these characters mean something to make or to a shell.
SPECIAL := ! " \# $$ % & ' ( ) * , : ; < = > ? [ \ ] ^ ` { | } ~
$(foreach name,O SPEC,$(if $(filter-out 1,$(words x$($(name))x))$(filter -%,$($(name)))$(strip \
    $(foreach character,$(SPECIAL),$(findstring $(character),$($(name))))),$(error \
    $(name)=$($(name)): make cannot work with such a name; hint: a path without spaces and without any of $(SPECIAL))))

# $(call neat,path): as make's rules have it, without `.`, `..` and a slash at its end; relative when it lies below this folder.
neat = $(or $(if $(findstring ..,$1)$(filter /%,$1),$(patsubst $(CURDIR)/%,%,$(abspath $1)),$(patsubst /%,%,$(abspath /$1))),.)
override O := $(call neat,$O)
override SPEC := $(call neat,$(SPEC))
export $(ON_COMMAND_LINE)
