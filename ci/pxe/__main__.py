# SPDX-License-Identifier: BSD-2-Clause
"""`python3 -m ci.pxe`."""

import sys

from ci.pxe.run import main

sys.exit(main(sys.argv[1:]))
