"""What a bundle or trusted root is before it is verified: by a key, or in a format newer than this verifier, then not examined and not forged.

Source: https://github.com/sigstore/protobuf-specs (sigstore_bundle.proto, sigstore_trustroot.proto: `media_type`).
"""

from __future__ import annotations

import re
from typing import Any

from ops.supply_chain.core.errors import StageError, UnavailableError
from ops.supply_chain.core.plain_json import load
from ops.supply_chain.core.text import excerpt

NEWEST_BUNDLE, NEWEST_ROOT = (0, 3), (0, 1)
_TYPE = re.compile(
    r"application/vnd\.dev\.sigstore\.(?P<what>bundle|trustedroot)"
    r"(?:\.v(?P<major>[0-9]{1,4})(?:\.(?P<minor>[0-9]{1,4}))?\+json"
    r"|\+json;version=(?P<old_major>[0-9]{1,4})(?:\.(?P<old_minor>[0-9]{1,4}))?)"
)


class NewerFormatError(UnavailableError):
    """A document is in a format that this verifier does not know yet."""


def require_known(document: Any, *, where: str) -> None:
    """Refuse a document in a newer format; any other is for its reader to judge.

    Args:
        document: A bundle or trusted root as plain data.
        where: What to call it in the error.
    Raises:
        NewerFormatError: Its media type has a newer version.
    """
    media_type = document.get("mediaType") if isinstance(document, dict) else None
    found = _TYPE.fullmatch(media_type) if isinstance(media_type, str) else None
    if found is None:
        return
    version = int(found["major"] or found["old_major"]), int(found["minor"] or found["old_minor"] or 0)
    if version > (NEWEST_BUNDLE if found["what"] == "bundle" else NEWEST_ROOT):
        raise NewerFormatError(
            f"{where}: not examined: newer than this verifier ({excerpt(media_type)})",
            hint="Verify it with a newer version of sealwright.",
        )


def is_by_key(bundle: bytes) -> bool:
    """Return whether a bundle names a public key instead of a certificate; False for anything else."""
    try:
        return "publicKey" in load(bundle, where="bundle")["verificationMaterial"]
    except (StageError, LookupError, TypeError):
        return False
