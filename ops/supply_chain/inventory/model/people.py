"""Who made a package and where it lives, from core metadata: names without addresses, and safe links.

E-mail addresses are not published: an SBOM element asks for the producer's name, not for a way to reach
a person.

Source: core metadata specification; PEP 753 (well-known project URL labels).
"""

from __future__ import annotations

import re
import string
from email.utils import getaddresses

from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.core.text import printable
from ops.supply_chain.inventory.model.addresses import publishable
from ops.supply_chain.inventory.model.document import Link, LinkKind

LONGEST_NAME = 200
"""Characters of a producer's name that are kept."""

LONGEST_SUMMARY = 512
"""Characters of a summary that are kept; the index's own limit."""

_ADDRESS = re.compile(r"<[^<>]*>|\(?\S+@\S+\)?")
_LABEL_NOISE = str.maketrans("", "", string.punctuation + string.whitespace)
_LABELS = {
    # PEP 753: "Remove all ASCII punctuation and whitespace, then lower case"
    "homepage": LinkKind.WEBSITE,
    "source": LinkKind.VCS,
    "repository": LinkKind.VCS,
    "sourcecode": LinkKind.VCS,
    "github": LinkKind.VCS,
    "code": LinkKind.VCS,
    "changelog": LinkKind.CHANGES,
    "changes": LinkKind.CHANGES,
    "whatsnew": LinkKind.CHANGES,
    "history": LinkKind.CHANGES,
    "releasenotes": LinkKind.CHANGES,
    "documentation": LinkKind.DOCUMENTATION,
    "docs": LinkKind.DOCUMENTATION,
    "issues": LinkKind.ISSUES,
    "bugs": LinkKind.ISSUES,
    "issue": LinkKind.ISSUES,
    "tracker": LinkKind.ISSUES,
    "issuetracker": LinkKind.ISSUES,
    "bugtracker": LinkKind.ISSUES,
}


def producer_of(metadata: CoreMetadata) -> str:
    """Return the producer's name: author before maintainer, the name of an e-mail field where alone.

    Returns:
        Printable, one line, bounded; empty where the metadata has no name.
    """
    sources = (
        _name(metadata.author),
        _names_of_addresses(metadata.author_email),
        _name(metadata.maintainer),
        _names_of_addresses(metadata.maintainer_email),
    )
    return next(filter(None, sources), "")


def summary_of(metadata: CoreMetadata) -> str:
    """Return the one-line description, printable and bounded."""
    return _bounded("" if metadata.summary == "UNKNOWN" else metadata.summary, LONGEST_SUMMARY)


def links_of(metadata: CoreMetadata) -> tuple[Link, ...]:
    """Return the addresses with a well-known label, sorted by kind, then address."""
    labelled = (("Homepage", metadata.home_page), *metadata.project_urls)
    found = {(_LABELS.get(label.translate(_LABEL_NOISE).lower()), publishable(url)) for label, url in labelled}
    return tuple(Link(kind=kind, url=url) for kind, url in sorted((k, u) for k, u in found if k is not None and u))


def name_without_address(text: str) -> str:
    """Return a person's or an organisation's name, printable, with any e-mail address taken out."""
    return _name(text)


def _name(text: str) -> str:
    bare = " ".join(_ADDRESS.sub(" ", text).split()).strip(" ,;")
    return "" if bare.upper() in ("UNKNOWN", "NONE") else _bounded(bare, LONGEST_NAME)


def _names_of_addresses(text: str) -> str:
    names = [_name(name) for name, _ in getaddresses([text[:10000]])]
    return _bounded(", ".join(dict.fromkeys(filter(None, names))), LONGEST_NAME)


def _bounded(text: str, longest: int) -> str:
    clean = printable(" ".join(text.split()))
    return clean if len(clean) <= longest else f"{clean[: longest - 1]}…"
