# SPDX-License-Identifier: BSD-2-Clause
"""The host side of Etherforge: from targets.yaml to rendered build files and the catalogue."""

# In front of the name of a chip model (docs/chips.md), where other cards have the name of a QEMU device.
# It stands here since workers need it, which have none of the modules that read the matrix.
CHIP = "chip:"
