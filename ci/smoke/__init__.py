# SPDX-License-Identifier: BSD-2-Clause
"""`make smoke`: boots of every image that was built, and the plans of what else is booted to prove one."""
