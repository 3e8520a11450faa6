# SPDX-License-Identifier: BSD-2-Clause
"""Checks of the catalogue page: download sets to make pages from, and the programs that node runs."""
