"""What every format's semantic checks share: the problem, its place, and the rules for single values.

The rules here are those that no JSON schema of a BOM format states: a digest as long as its algorithm
makes it, a purl that parses and names its package, a licence that is on the SPDX list, a timestamp
with a time zone. Each takes a text and returns what is wrong with it, or an empty text.

Source: ECMA-427 (package URLs); RFC 3339 (timestamps); SPDX 2.3 annex D (licence expressions).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from ops.supply_chain.core.names import normalise
from ops.supply_chain.formats.shape import Place, json_path

GAPS = frozenset(
    {
        "sbom.root-missing",
        "sbom.version-missing",
        "sbom.composition-empty",
        "sbom.vulnerability-unnamed",
        "sbom.identity-duplicate",
        "sbom.download-location-missing",
    }
)
"""Codes of gaps: allowed by the format, yet they leave a reader without an answer. All other codes are
contradictions, or violations of the format's own prose. Our own output must have neither."""

DIGEST_HEX_DIGITS = {
    "adler32": (8,),
    "blake2b256": (64,),
    "blake2b384": (96,),
    "blake2b512": (128,),
    "md2": (32,),
    "md4": (32,),
    "md5": (32,),
    "sha1": (40,),
    "sha224": (56,),
    "sha256": (64,),
    "sha384": (96,),
    "sha512": (128,),
    "sha3224": (56,),
    "sha3256": (64,),
    "sha3384": (96,),
    "sha3512": (128,),
    "streebog256": (64,),
    "streebog512": (128,),
}
"""Hexadecimal digits of each algorithm's digest. Keys leave out what the formats spell differently."""

_HEX = re.compile(r"[0-9A-Fa-f]+")
_SPELLING = re.compile(r"[-_ ]")
_WORDS = re.compile(r"[^0-9a-z]+")
_RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})")
_NAMED_ELSEWHERE = frozenset({"docker", "oci"})
"""purl types whose name is that of a repository, while documents call the image by its digest."""
_COMMIT_AS_VERSION = frozenset({"bitbucket", "github", "gitlab"})
"""purl types whose version is a commit or a tag, while documents give the version of the software."""
_NOT_SOFTWARE = frozenset(
    {"container", "cryptographic-asset", "device", "device-driver", "firmware", "operating-system"}
)


class SbomProblem(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One thing that is wrong with a document.

    `path` is its JSON path, `$` for the document as a whole. `code` is `sbom.<fact>` in kebab case.
    `message` is one sentence: what was expected, what was found; it may hold text of the document and is
    made printable where it is shown.
    """

    path: str
    code: str
    message: str

    @property
    def is_gap(self) -> bool:
        """Whether the format itself would let it pass."""
        return self.code in GAPS


class Report:
    """Collects problems while a document is walked."""

    def __init__(self) -> None:
        self._found: dict[SbomProblem, None] = {}

    def add(self, code: str, place: Place, message: str) -> None:
        """Note one problem; the same one twice counts once."""
        self._found[SbomProblem(path=json_path(place), code=f"sbom.{code}", message=message)] = None

    def add_if(self, fault: str, code: str, place: Place) -> None:
        """Note what a rule of this module returned, where it returned something."""
        if fault:
            self.add(code, place, fault)

    def problems(self) -> tuple[SbomProblem, ...]:
        """Everything noted, in the order in which the document was walked."""
        return tuple(self._found)


def table(value: object) -> dict[str, Any]:
    """Return the value where it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def text(value: object) -> str:
    """Return the value where it is a text, else an empty one."""
    return value if isinstance(value, str) else ""


def tables(value: object, place: Place) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Yield the objects in a list with their places; what is no list, or no object, yields nothing."""
    if isinstance(value, list):
        for position, element in enumerate(value):
            if isinstance(element, dict):
                yield (place, position), element


def texts(value: object, place: Place) -> Iterator[tuple[Place, str]]:
    """Yield the texts in a list with their places; a lone text counts as a list of one."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, list):
        for position, element in enumerate(value):
            if isinstance(element, str):
                yield (place, position), element


@lru_cache(maxsize=262144)
def digest_fault(algorithm: str, digest: str) -> str:
    """Return what is wrong with a digest for its algorithm; empty where nothing is.

    Args:
        algorithm: In any format's spelling (`SHA-256`, `SHA256`, `sha256`, `sha3_256`).
        digest: Its hexadecimal digits, either case.
    Returns:
        A sentence, or an empty text. An unknown algorithm is left to the schema.
    """
    if not _HEX.fullmatch(digest):
        return f"expected hexadecimal digits, found {digest!r}"
    expected = DIGEST_HEX_DIGITS.get(_SPELLING.sub("", algorithm).lower())
    if expected and len(digest) not in expected:
        return f"expected {expected[0]} hexadecimal digits for {algorithm}, found {len(digest)}"
    return ""


def timestamp_fault(text: str) -> str:
    """Return what is wrong with an RFC 3339 timestamp; empty where nothing is."""
    if _RFC_3339.fullmatch(text) and _on_calendar(text):
        return ""
    return f"expected an RFC 3339 timestamp with a time zone, found {text!r}"


@lru_cache(maxsize=65536)
def purl_fault(purl: str, name: str, version: str, kind: str = "") -> str:
    """Return what is wrong with the package URL of a package; empty where nothing is.

    Args:
        purl: The package URL.
        name: What the document calls the package, without its group.
        version: Its version in the document; empty leaves the purl's version unchecked.
        kind: The CycloneDX component type, or empty.
    Returns:
        A sentence, or an empty text.
    """
    from packageurl import PackageURL

    try:
        parsed = PackageURL.from_string(purl)
    except ValueError as error:
        return f"expected a package URL, found {purl!r}: {error}"
    if parsed.type == "pypi":
        return _pypi_fault(purl, parsed, name, kind) or _version_fault(purl, parsed.version or "", version)
    if parsed.type in _NAMED_ELSEWHERE:
        return ""
    full = f"{parsed.namespace}/{parsed.name}" if parsed.namespace else parsed.name
    if not _kindred(name, full):
        return f"expected the purl of {name!r}, found {purl!r}"
    return "" if parsed.type in _COMMIT_AS_VERSION else _version_fault(purl, parsed.version or "", version)


def _pypi_fault(purl: str, parsed: Any, name: str, kind: str) -> str:
    if parsed.namespace:
        return f"expected a pypi purl without namespace, found {purl!r}"
    if kind in _NOT_SOFTWARE:
        return f"expected no pypi purl on a component of type {kind!r}, found {purl!r}"
    if normalise(parsed.name) != normalise(name):
        return f"expected the purl of {name!r}, found {purl!r}"
    return ""


def _version_fault(purl: str, found: str, expected: str) -> str:
    # Go modules and Debian epochs spell one version two ways: the purl's may leave out a prefix.
    if not found or not expected or expected in {found, f"v{found}"} or found == f"v{expected}":
        return ""
    return f"expected the purl of version {expected!r}, found {purl!r}"


def _kindred(name: str, full: str) -> bool:
    # Ecosystems differ in what of the namespace goes into a name, and a name may be a title: `org.acme:lib`,
    # `@acme/lib`, "Acme Lib". One word in common is kinship; none means that the purl is of something else.
    ours, theirs = (set(filter(None, _WORDS.split(words.lower()))) for words in (name, full))
    return bool(ours & theirs) or name.lower() in full.lower()


def _on_calendar(text: str) -> bool:
    try:
        datetime.fromisoformat(text.upper().replace(":60", ":59"))
    except ValueError:
        return False
    return True
