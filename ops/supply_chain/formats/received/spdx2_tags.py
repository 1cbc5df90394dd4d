"""SPDX 2 tag-value: lines `Tag: value`, turned into what the document is in JSON.

Each tag that begins an element (`PackageName`, `FileName`, `SnippetSPDXID`, `LicenseID`) closes the one before; a value in
`<text>` may have several lines. Unlike the reference parser a wrong line costs that line, not the document.

Source: https://spdx.github.io/spdx-spec/v2.3/conformance/ section 4.4, tag-value format
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.json_reader import UnexpectedShapeError

_TAG = re.compile(r"[ \t]*([A-Za-z][A-Za-z0-9]*)[ \t]*:[ \t]*(.*)")
_CHECKSUM = re.compile(r"\s*([A-Za-z0-9-]+)\s*:\s*(\S+)\s*")
_RELATIONSHIP = re.compile(r"(\S+)\s+([A-Za-z_]+)\s+(.+?)")
_EXTERNAL = re.compile(r"(\S+)\s+(\S+)\s+(\S.*)", re.DOTALL)
_OPEN, _CLOSE = "<text>", "</text>"

_DOCUMENT = {
    "SPDXVersion": "spdxVersion",
    "DataLicense": "dataLicense",
    "DocumentName": "name",
    "DocumentNamespace": "documentNamespace",
}
_HEAD = {**_DOCUMENT, "SPDXID": "SPDXID"}
_PACKAGE = {
    "SPDXID": "SPDXID",
    "PackageVersion": "versionInfo",
    "PackageFileName": "packageFileName",
    "PackageSupplier": "supplier",
    "PackageOriginator": "originator",
    "PackageDownloadLocation": "downloadLocation",
    "PackageHomePage": "homepage",
    "PackageLicenseConcluded": "licenseConcluded",
    "PackageLicenseDeclared": "licenseDeclared",
    "PrimaryPackagePurpose": "primaryPackagePurpose",
    "PackageComment": "comment",
}
_NOT_NEEDED = frozenset(
    {
        "ExternalDocumentRef", "LicenseListVersion", "DocumentComment", "FilesAnalyzed",
        "PackageVerificationCode", "PackageSourceInfo", "PackageLicenseInfoFromFiles", "PackageLicenseComments",
        "PackageCopyrightText", "PackageSummary", "PackageDescription", "ExternalRefComment",
        "PackageAttributionText", "ReleaseDate", "BuiltDate", "ValidUntilDate", "FileType", "LicenseInfoInFile",
        "LicenseComments", "FileCopyrightText", "FileComment", "FileNotice", "FileContributor", "FileAttributionText",
        "ArtifactOfProjectName", "ArtifactOfProjectHomePage", "ArtifactOfProjectURI", "FileDependency",
        "SnippetFromFileSPDXID", "SnippetByteRange", "SnippetLineRange", "SnippetLicenseConcluded",
        "LicenseInfoInSnippet", "SnippetLicenseComments", "SnippetCopyrightText", "SnippetComment", "SnippetName",
        "SnippetAttributionText", "ExtractedText", "LicenseCrossReference", "LicenseComment", "RelationshipComment",
        "Annotator", "AnnotationDate", "AnnotationComment", "AnnotationType", "SPDXREF", "Reviewer", "ReviewDate",
        "ReviewComment",
    }
)  # fmt: skip
"""Tags of the standard whose values are not read; any other could be a misspelt one that begins a package."""

_FILE = {"SPDXID": "SPDXID", "LicenseConcluded": "licenseConcluded"}
_LICENCE = {"LicenseName": "name"}


class TagTable(dict[str, Any]):
    """An element as an object of JSON; `line` is where it begins, from 1."""

    line: int = 0


def parse_tags(text: str) -> tuple[TagTable, tuple[tuple[str, str], ...]]:
    """Turn a document into its JSON form.

    Returns:
        The document, and what was not read of it: (`line 12`, a sentence).
    Raises:
        UnexpectedShapeError: A text that begins does not end.
    """
    parser = _Parser()
    return parser.document(text), tuple(parser.notes)


class _Parser:
    def __init__(self) -> None:
        self._root = TagTable(creationInfo=TagTable(creators=[]), packages=[], files=[], snippets=[], relationships=[])
        self._root["hasExtractedLicensingInfos"] = []
        self._root.line = 1
        self._current: TagTable = self._root
        self._fields = _HEAD
        self._package: TagTable | None = None
        self._contained: list[tuple[TagTable, TagTable]] = []
        self.notes: list[tuple[str, str]] = []

    def document(self, text: str) -> TagTable:
        for line, tag, value in _lines(text):
            if value is None:
                self._note(line, f"expected 'Tag: value', found {excerpt(tag)!r}")
            else:
                self._take(line, tag, value)
        for package, file in self._contained:
            if "SPDXID" in file:
                package.setdefault("hasFiles", []).append(file["SPDXID"])
        return self._root

    def _take(self, line: int, tag: str, value: str) -> None:
        if tag in _BEGINS:
            self._begin(line, tag, value)
        elif tag == "Relationship":
            self._relationship(line, value)
        elif tag in ("Creator", "Created", "CreatorComment"):
            self._creation(tag, value)
        elif tag in ("PackageChecksum", "FileChecksum"):
            self._checksum(line, value)
        elif tag == "ExternalRef":
            self._external(line, value)
        else:
            self._field(line, tag, value)

    def _begin(self, line: int, tag: str, value: str) -> None:
        key, name, self._fields = _BEGINS[tag]
        self._current = TagTable({name: value})
        self._current.line = line
        self._root[key].append(self._current)
        if key == "packages":
            self._package = self._current
        elif key == "files" and self._package is not None:
            self._contained.append((self._package, self._current))

    def _field(self, line: int, tag: str, value: str) -> None:
        # A field of the document may come late, and belongs to it wherever it is.
        table, key = (self._root, _DOCUMENT[tag]) if tag in _DOCUMENT else (self._current, self._fields.get(tag))
        if key is None:
            if tag not in _NOT_NEEDED and tag not in _ANYWHERE:
                self._note(line, f"{excerpt(tag)!r} is no tag of SPDX 2")
            return
        if key in table:
            self._note(line, f"a second {tag} of the same element")
        else:
            table[key] = value

    def _creation(self, tag: str, value: str) -> None:
        creation = self._root["creationInfo"]
        if tag == "Creator":
            creation["creators"].append(value)
        else:
            creation.setdefault("created" if tag == "Created" else "comment", value)

    def _relationship(self, line: int, value: str) -> None:
        found = _RELATIONSHIP.fullmatch(value.strip())
        if found is None:
            self._note(line, f"expected a relationship, found {excerpt(value)!r}")
            return
        row = TagTable(spdxElementId=found[1], relationshipType=found[2].upper(), relatedSpdxElement=found[3])
        row.line = line
        self._root["relationships"].append(row)

    def _checksum(self, line: int, value: str) -> None:
        found = _CHECKSUM.fullmatch(value)
        if found is None:
            self._note(line, f"expected 'ALGORITHM: digits', found {excerpt(value)!r}")
            return
        row = TagTable(algorithm=found[1], checksumValue=found[2])
        row.line = line
        self._current.setdefault("checksums", []).append(row)

    def _external(self, line: int, value: str) -> None:
        words = _EXTERNAL.fullmatch(value)
        if words is None:
            self._note(line, f"expected 'CATEGORY type locator', found {excerpt(value)!r}")
            return
        row = TagTable(referenceCategory=words[1], referenceType=words[2], referenceLocator=words[3])
        row.line = line
        self._current.setdefault("externalRefs", []).append(row)

    def _note(self, line: int, message: str) -> None:
        self.notes.append((f"line {line}", message))


_ANYWHERE = frozenset({*_HEAD, *_PACKAGE, *_FILE, *_LICENCE})
"""Tags that are read in another element than the one that has them."""

_BEGINS: dict[str, tuple[str, str, dict[str, str]]] = {
    "PackageName": ("packages", "name", _PACKAGE),
    "FileName": ("files", "fileName", _FILE),
    "SnippetSPDXID": ("snippets", "SPDXID", {}),
    "LicenseID": ("hasExtractedLicensingInfos", "licenseId", _LICENCE),
}


def _lines(text: str) -> Iterator[tuple[int, str, str | None]]:
    """Yield line, tag and value; the value is None where the line has no tag."""
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        line, number = lines[at], at + 1
        at += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _TAG.fullmatch(line)
        if found is None:
            yield number, line.strip(), None
            continue
        tag, value = found[1], found[2]
        if value.startswith(_OPEN):
            parts = [value[len(_OPEN) :]]
            while _CLOSE not in parts[-1]:
                if at >= len(lines):
                    raise UnexpectedShapeError(f"line {number}: <text> without </text>")
                parts.append(lines[at])
                at += 1
            parts[-1] = parts[-1].partition(_CLOSE)[0]
            value = "\n".join(parts)
        yield number, tag, value.strip()
