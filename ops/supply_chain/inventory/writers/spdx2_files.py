"""The files of a distribution in SPDX 2.3.

SPDX asks for the SHA-1 of every file, and for a code over all of them where a package lists its files.

Source: SPDX 2.3, clauses 7.8 to 7.9 (package verification code) and 8 (file information),
https://spdx.github.io/spdx-spec/v2.3/
"""

from __future__ import annotations

import hashlib
from typing import Any

from ops.supply_chain.inventory.model.contents import ContainedFile, DescribedDistribution
from ops.supply_chain.inventory.writers.spdx_terms import slug_of


def spdx_id(ref: str) -> str:
    """Return the SPDXID of the ref of a component or file."""
    return f"SPDXRef-{slug_of(ref)}"


def file_entry(file: ContainedFile) -> dict[str, Any]:
    """Return the entry of a file; its name begins with `./`, the folder being the distribution."""
    return {
        "SPDXID": spdx_id(file.ref),
        "checksums": [
            {"algorithm": "SHA1", "checksumValue": file.sha1},
            {"algorithm": "SHA256", "checksumValue": file.sha256},
        ],
        "copyrightText": "NOASSERTION",
        "fileName": f"./{file.path}",
        "licenseConcluded": "NOASSERTION",
        "licenseInfoInFiles": ["NOASSERTION"],
    }


def root_fields(distribution: DescribedDistribution) -> dict[str, Any]:
    """Return the fields of a package of which every file is listed."""
    # Clause 7.9.4: SHA-1 of the SHA-1 values of all files, sorted and joined without separators.
    joined = "".join(sorted(file.sha1 for file in distribution.files))
    code = hashlib.sha1(joined.encode(), usedforsecurity=False).hexdigest()
    return {
        "filesAnalyzed": True,
        "licenseInfoFromFiles": ["NOASSERTION"],
        "packageFileName": distribution.file_name,
        "packageVerificationCode": {"packageVerificationCodeValue": code},
        "primaryPackagePurpose": "LIBRARY",
    }
