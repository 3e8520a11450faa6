# SPDX-License-Identifier: BSD-2-Clause
# The matrix: `factory render` turns targets.yaml and templates/ into headers, linker maps, image lists and make rules.

# out/gen/sums has the checksums of all that was read and written. When one does not fit, out/gen/rules.mk is removed. Then
# make renders everything before it goes on: it writes a file that it includes, and starts again.
MATRIX := targets.yaml $(sort $(wildcard templates/*.j2 factory/*.py factory/*.json factory/*.yaml))
$(shell sha256sum --status -c out/gen/sums 2>/dev/null || rm -f out/gen/rules.mk)
include out/gen/rules.mk
out/gen/rules.mk: $(MATRIX)
	@rm -f out/gen/sums && $(PYTHON) -m factory render && \
	    { sha256sum $(MATRIX) && find out/gen -type f ! -name sums -exec sha256sum {} +; } >out/gen/sums
