# SPDX-License-Identifier: BSD-2-Clause
"""What the boots load: programs that report back, and what makes them."""
