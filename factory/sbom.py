# SPDX-License-Identifier: BSD-2-Clause
"""sbom.cdx.json: the bill of materials of a download set, CycloneDX 1.6."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from factory.downloads import DownloadSet, name
from factory.source import iso_date

_NAMESPACE = uuid.UUID("5bd55cf1-0a4b-4d5f-8d9f-6f6f6c7a2c55")  # of our serial numbers


def sbom(downloads: DownloadSet, checksums: Mapping[str, str], source: str, epoch: int) -> bytes:
    """The document. `checksums`: SHA-256 of the published files by name, of which `source` is the source archive.

    Its serial number follows from the checksums, and its time is `epoch`, so that the same set has the same one.
    """
    sums = "".join(f"{sha256}  {file}\n" for file, sha256 in sorted(checksums.items()))
    licences = [{"license": {"id": downloads.licence}}]
    product = {
        "type": "firmware",
        "bom-ref": "etherforge",
        "name": "etherforge",
        "version": downloads.version,
        "description": "Network boot firmware for PCs with a BIOS",
        "licenses": licences,
        "externalReferences": [
            {
                "type": "source-distribution",
                "url": source,
                "hashes": [{"alg": "SHA-256", "content": checksums[source]}],
            }
        ],
    }
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(_NAMESPACE, sums).urn,
        "version": 1,
        "metadata": {
            "timestamp": iso_date(epoch),
            "tools": {"components": [_tool(*item) for item in downloads.toolchain.items()]},
            "component": product,
        },
        "components": [
            {
                "type": "firmware",
                "bom-ref": image["path"],
                "name": name(image),
                "version": downloads.version,
                "hashes": [{"alg": "SHA-256", "content": image["sha256"]}],
                "licenses": licences,
            }
            for image in downloads.images
        ],
        "dependencies": [
            {"ref": "etherforge", "dependsOn": [image["path"] for image in downloads.images]}
        ],
    }
    return (json.dumps(document, indent=1) + "\n").encode()


def _tool(role: str, named: str) -> dict[str, Any]:
    """A line such as "GNU ld (GNU Binutils for Debian) 2.40": the last word is the version."""
    head, _, version = named.rpartition(" ")
    kind = "data" if role == "pci_ids" else "application"
    return {"type": kind, "name": head or named, "version": version, "description": role}
