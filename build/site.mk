# SPDX-License-Identifier: BSD-2-Clause
# `make site`: the catalogue page, from the catalogue and the evidence of the boots made so far (docs/catalogue-page.md).

site: $O/site/index.html
$O/site/index.html: $O/catalogue.json $O/SHA256SUMS $(wildcard $O/smoke/evidence.json templates/site/* templates/samples/* factory/*.*)
	$(Q)$(if $(QUIET),,echo '  SITE $(@:$O/%=%)' && )$(PYTHON) -m factory site --set $O --out $O/site
