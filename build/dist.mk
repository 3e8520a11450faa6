# SPDX-License-Identifier: BSD-2-Clause
# `make dist` and `make verify-dist`: the download set that gets published, and whether one can be made again (docs/distribution.md).
# The shell, not make, puts in what KEY, GPGKEY and DIST are, each as one word.

dist: all
	@$O/bin/etherforge dist --out $O --spec $(SPEC) $${KEY:+--key="$$KEY"} $${GPGKEY:+--gpg-key="$$GPGKEY"}
verify-dist:
	@if [ -z "$$DIST" ]; then echo 'DIST: not given; hint: make verify-dist DIST=$O/dist/etherforge-…' >&2; exit 2; fi; \
	    $(PYTHON) -m factory verify-dist $${KEY:+--key="$$KEY"} -- "$$DIST"
