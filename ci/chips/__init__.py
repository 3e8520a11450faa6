# SPDX-License-Identifier: BSD-2-Clause
"""Chip models: cards that QEMU lacks, each validated by Linux's own driver (docs/chips.md)."""
