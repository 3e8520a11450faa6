# SPDX-License-Identifier: BSD-2-Clause
"""The lab: a machine, a network, one boot of the machine in the network, a verdict, a journal of all of them."""
