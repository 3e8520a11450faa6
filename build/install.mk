# SPDX-License-Identifier: BSD-2-Clause
# `make install`: what was built goes to the folders where a distribution has such files (docs/packaging.md). Nothing is built
# here: goal `all` comes first, and has nothing to do when it was made before.

# The Python packages of the installed command line: the factory, and of ci/ what boots a download set.
INSTALLED := factory $(addprefix ci/,__init__.py disks.py images.py media.py packages.py stock.py lab net payloads)
INSTALLED += $(addprefix ci/chips/,__init__.py gate.py kernel.py process.py validated.py)
INSTALLED += $(addprefix ci/smoke/,__init__.py plans.py prove.py sets.py)

install: all
	@PYTHON='$(PYTHON)' sh build/install.sh $O $(INSTALLED)
