# SPDX-License-Identifier: BSD-2-Clause
"""Checks, smoke boots and benchmarks of Etherforge."""
