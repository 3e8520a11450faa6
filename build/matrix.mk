# SPDX-License-Identifier: BSD-2-Clause
# The matrix: `factory render` turns $(SPEC), by default targets.yaml, and templates/ into headers, linker maps, image lists and make rules.

# $O/gen/sums has the checksums of all that was read and written. When one does not fit, $O/gen/rules.mk is removed. Then
# make renders everything before it goes on: it writes a file that it includes, and starts again.
MATRIX := $(SPEC) $(sort $(wildcard templates/*.j2 factory/*.py factory/*.json factory/*.yaml))
$(eval $(call stamp,matrix,$(SPEC)))
$(shell sha256sum --status -c $O/gen/sums 2>/dev/null || rm -f $O/gen/rules.mk)
include $O/gen/rules.mk
# A matrix that is not there is for `render` to complain about.
$(SPEC): ;
$O/gen/rules.mk: $(MATRIX) $O/stamp/matrix
	@rm -f $O/gen/sums && $(PYTHON) -m factory render --spec $(SPEC) --out $O/gen && \
	    { sha256sum $(MATRIX) && find $O/gen -type f ! -name sums -exec sha256sum {} +; } >$O/gen/sums
