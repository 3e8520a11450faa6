# SPDX-License-Identifier: BSD-2-Clause
"""Networks to boot from: real servers in namespaces, and a wire with a server that can misbehave."""
