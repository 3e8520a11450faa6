# SPDX-License-Identifier: BSD-2-Clause
# What is below $O/, made by the one make that holds the lock (see Makefile). Each part uses those above it.
.DELETE_ON_ERROR:
.PHONY: all image site
all: # what `make` alone does

include build/given.mk
include $O/setup/build.mk
$O/setup/build.mk: # has gone when a `make clean` came between set-up and lock; then make starts again
	@$(if $(ONLY_ASKED),SETUP=no) sh ci/bootstrap.sh build $@
ifneq ($(wildcard $O/setup/build.mk),)
include build/compile.mk
include build/firmware.mk
include build/romtool.mk
include build/matrix.mk
include build/images.mk
include build/site.mk
include $(if $(filter $O/host/chips/%,$(MAKECMDGOALS)),build/chips.mk,$(if $(filter $O/host/%,$(MAKECMDGOALS)),build/host.mk))
endif
