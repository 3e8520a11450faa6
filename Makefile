# SPDX-License-Identifier: BSD-2-Clause
# Etherforge: from targets.yaml to images and their catalogue. `make help` lists the goals.
#
# A run has three steps, and everything it makes is below out/, or the folder O:
#   1. Set-up (build/setup.mk): the tools that the goals need are looked for, and installed where that is allowed.
#   2. Build: a second make holds the lock of that folder and makes what is not up to date. build/out.mk names its parts.
#   3. Use: checks, boots and benchmarks run with what was built, and need no lock.

all: # what `make` alone does

include build/given.mk

help:
	@sed -n 's/^#: //p' Makefile

#: make                       build every image of targets.yaml, the catalogue and the checksums, below out/
#: make SPEC=my.yaml O=dir    the same for another matrix, in another folder; most goals below take both, too
#: make image T=10ec:8139     build the images of one card, or of one family: T=rtl8139
#: make check                 formatters, linters, unit and host tests, build tests, quick smoke boots
#: make fuzz                  libFuzzer, until Ctrl-C or a finding; FUZZ=dhcp for one target, SECONDS=60 for each
#: make coverage              how many lines the host tests reach, by folder
#: make mutants               bugs made one by one, which the host tests have to find; MUTANTS=tftp for some of them
#: make smoke                 boot the images and keep the evidence; T=10ec:8139 or FAMILY=rtl8139 for some of them,
#:                            WORKERS=tcp://host:8786 on a cluster, SMOKE=--linux, --servers, --samples, --formats, --bad-input, --cards or --bochs
#: make pxe                   PXE both ways, with Debian's loaders, stock ROMs and real servers;
#:                            FAMILY=rtl8139 for one family, PXE=--rates for transfer rates, PXE="--count 200" for boots in a row
#: make chips                 Linux's own driver on every chip model, ROMs on them, and bugs of drivers that they have to find;
#:                            FAMILY=r8169 for one family, CHIPS="--count 300" for boots in a row
#: make faults                boots through loss, delay, reordering, duplicates, links that go down, and warm resets;
#:                            FAMILY=rtl8139 for one family, FAULTS="--reboots 300 --seed 1" for more or other ones
#: make bench                 measure build, size, boot and transfer, beside the ROMs of Debian's ipxe-qemu; PEER=file.rom
#:                            beside that one, BENCH="--part size --family rtl8139" for some of it, --document for the docs
#: make flags                 measure what each compiler flag in build/compile.mk saves, and write it there
#: make install               what was built, below DESTDIR=/some/folder, for PREFIX=/usr; without these, to /usr/local
#: make site                  the catalogue page, out/site/: people find the image for their card, with its evidence
#: make dist                  archives of all this, with checksums; KEY=minisign.key GPGKEY=fingerprint sign them
#: make verify-dist DIST=dir  check such a set, KEY=minisign.pub its signatures, build its sources and compare
#: make setup                 install what all of these need; SETUP=no before or behind any of them installs nothing
#: make clean                 remove out/, or the folder O
#: V=1 shows the commands. CROSS_COMPILE, PYTHON and -j are chosen for this machine unless given.

HOST_CHECKS := fuzz coverage mutants# need the tools that `check` needs
BOOTS := smoke pxe chips faults bench# need every image
PUBLISHING := install dist verify-dist# build/install.mk, build/dist.mk
HERE := setup flags check $(PUBLISHING) $(HOST_CHECKS) $(BOOTS)# the others have their rules in this file
.PHONY: all image site clean help $(HERE)
WORK := $(filter-out clean help,$(or $(MAKECMDGOALS),all))

# One job per processor, unless -j was given or another make says how many.
ifeq ($(MAKELEVEL)$(filter -j% --jobs%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif

# One make at a time works in a folder.
LOCK := sh build/locked.sh $O

ifneq ($(WORK)$(filter clean,$(MAKECMDGOALS)),)
include build/folder.mk
endif
ifneq ($(filter clean,$(MAKECMDGOALS)),)

# `clean` comes first, wherever it was named; another make does the rest.
.NOTPARALLEL:
clean:
	@[ ! -d $O ] || $(LOCK) sh -c 'find $O -mindepth 1 ! -path $O/.etherforge -delete && rm -rf $O'
	$(if $(WORK),@$(MAKE) $(WORK))
$(WORK): clean

else ifneq ($(WORK),)

include build/setup.mk
include build/install.mk
include build/dist.mk

# All other goals are for the other make, and boots need what it makes.
BUILD := $(sort $(filter-out $(HERE) $O/setup/%,$(WORK)) $(if $(filter install dist $(BOOTS),$(WORK)),all) \
    $(if $(filter $(BOOTS),$(WORK)),$O/host/chips/card))
.PHONY: build $(BUILD)
$(BUILD): build ;
build:
	@$(LOCK) $(MAKE) --no-print-directory -f build/out.mk $(BUILD)

setup:
	@echo 'everything is installed, or was named above'
check:
	@$(PYTHON) -m ci.checks
flags:
	@$(PYTHON) -m ci.flags
$(HOST_CHECKS):
	@$(PYTHON) -m ci.$@
$(BOOTS): all $O/host/chips/card
	@$(PYTHON) -m ci.from_make $@

endif
