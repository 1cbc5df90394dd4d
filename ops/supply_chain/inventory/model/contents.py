"""What an SBOM states about a distribution and its contents beyond what it states about the packages of locks."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class ContentPart(StrEnum):
    """How a component came into a distribution.

    `VENDORED`: a copy of another package's source. `BUNDLED`: a library in binary form, as a file of its own or inside
    another one. `DECLARED`: only an SBOM in the distribution states it.
    """

    VENDORED = "vendored"
    BUNDLED = "bundled"
    DECLARED = "declared"


class EvidenceKind(StrEnum):
    """Where a name or a version was read.

    `STRING`: text in the binary. `SUFFIX`: the file name, of a library whose file names end in its version. `PE`: the
    version resource of a DLL. `SBOM`: an SBOM in the distribution. `NAME`: the name of a file or folder. `LIST`: a list of
    vendored packages. `METADATA`: core metadata.
    """

    STRING = "string"
    SUFFIX = "suffix"
    PE = "pe"
    SBOM = "sbom"
    NAME = "name"
    LIST = "list"
    METADATA = "metadata"


class IdentityEvidence(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Why a component has its name or its version.

    `field` is `name` or `version`, `value` what it has as a consequence. `text` was found in the file `path` of the
    distribution. `confidence` is above 0 and at most 1.
    """

    field: str
    value: str
    kind: EvidenceKind
    path: str
    text: str
    confidence: float


class ContainedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a distribution: its path there, size in bytes, and digests in hexadecimal."""

    path: str
    size: int
    sha256: str
    sha1: str

    @property
    def ref(self) -> str:
        """Its reference in a document."""
        return f"file:{self.path}"


class DescribedDistribution(msgspec.Struct, frozen=True, kw_only=True):
    """The distribution that a document describes.

    `kind` is `wheel` or `sdist`. `tags` are those of a wheel as its file name has them. `files` are sorted by path.
    `incomplete` are the reasons why components may be missing, sorted; empty where none is known. `hashes` are those of its
    file, `<algorithm>:<lower-case hex>`, sorted; empty in the document that is itself in the distribution.
    """

    file_name: str
    kind: str
    tags: str
    files: tuple[ContainedFile, ...]
    hashes: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
