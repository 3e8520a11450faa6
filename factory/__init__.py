# SPDX-License-Identifier: BSD-2-Clause
"""The host side of Etherforge: from targets.yaml to rendered build files and the catalogue."""
