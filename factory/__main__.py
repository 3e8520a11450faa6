# SPDX-License-Identifier: BSD-2-Clause
"""`python3 -m factory`."""

from factory.cli import main

if __name__ == "__main__":
    main()
