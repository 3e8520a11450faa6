# SPDX-License-Identifier: BSD-2-Clause
"""`python3 -m ci.site.picture` takes the picture of the catalogue page in README.md.

It wants the evidence of one card: `make smoke T=10ec:8139 && make site`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ci.npm import installed
from factory.files import write_atomic

PICTURE = Path("docs/catalogue.png")
LIMIT = 150_000  # bytes; README is read over slow lines, too


def take(site: Path, picture: Path) -> None:
    """Write the picture. Raises RuntimeError where there is no such page, or nothing to take it with."""
    tools = {name: shutil.which(name) for name in ("node", "chromium")}
    missing = [name for name, path in tools.items() if path is None]
    if missing:
        raise RuntimeError(f"{' and '.join(missing)} not installed")
    with tempfile.TemporaryDirectory() as folder:
        taken = Path(folder) / "page.png"
        command = [str(tools["node"]), "ci/site/picture.js", str(installed(Path("ci/site")))]
        command += [str(tools["chromium"]), str(site.resolve()), str(taken)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        content = taken.read_bytes()
    if len(content) > LIMIT:
        raise RuntimeError(f"the picture has {len(content)} bytes, over {LIMIT}")
    write_atomic(picture, content)


if __name__ == "__main__":
    try:
        take(Path("out/site"), PICTURE)
    except RuntimeError as error:
        sys.exit(f"{PICTURE}: {error}")
