# SPDX-License-Identifier: BSD-2-Clause
"""PXE both ways, proved with programs and servers that nobody here wrote, and with hostile ones."""
