# SPDX-License-Identifier: BSD-2-Clause
# Set-up: what has to be installed before anything is built, and what may not be in the way.
# ci/bootstrap.sh looks for the tools of a purpose, installs what is missing where that is allowed, and writes
# $O/setup/<purpose>.mk: PYTHON, CROSS_COMPILE, and in SETUP_TOOLS the path of each tool.

# Nothing here makes links, and none is followed: what is behind one is not ours to write to or to remove.
LINKS := $(shell [ ! -d $O ] || find $O/ -type d \( -path $O/cache -o -path $O/mypy \) -prune -o -type l -print)
ifneq ($(LINKS),)
$(error $(firstword $(LINKS)): a link, which is not followed; hint: remove it)
endif

# The goals that need more than a build does are purposes of the same name. `make setup` is for all of them.
PURPOSES := check $(BOOTS)
SETUP_FILES := $(patsubst %,$O/setup/%.mk,build $(if $(filter setup,$(WORK)),$(PURPOSES),\
    $(sort $(filter $(PURPOSES),$(WORK)) $(if $(filter $(HOST_CHECKS),$(WORK)),check))))
include $(SETUP_FILES)
$O/setup/%.mk: ci/bootstrap.sh
	@$(if $(ONLY_ASKED),SETUP=no) $(if $(filter image,$(WORK)),IMAGE=yes) sh ci/bootstrap.sh $* $@

# make writes a file that it includes when that is missing or old, and starts again. Here it does so, once, also when
# a tool has gone, or when an installation was killed: that leaves a file of ours, which keeps services from starting.
GONE := $(filter-out $(wildcard $(SETUP_TOOLS)),$(SETUP_TOOLS))
KILLED := $(findstring Etherforge,$(file </usr/sbin/policy-rc.d))
ifeq ($(MAKE_RESTARTS),)
ifneq ($(GONE)$(KILLED),)
.PHONY: $(SETUP_FILES)
endif
endif
