# SPDX-License-Identifier: BSD-2-Clause
# What is below out/, made by the one make that holds the lock (see Makefile). Each part uses those above it.
.DELETE_ON_ERROR:
.PHONY: all image site
all: # what `make` alone does

include build/given.mk
include out/setup/build.mk
include build/compile.mk
include build/firmware.mk
include build/romtool.mk
include build/matrix.mk
include build/images.mk
include build/site.mk
include $(if $(filter out/host/%,$(MAKECMDGOALS)),build/host.mk)
