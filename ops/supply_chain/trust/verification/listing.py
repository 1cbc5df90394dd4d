"""Check that exactly the listed files are present, with their names and bytes.

Source: GNU coreutils manual, "md5sum invocation"; written by release/assembly/checksums.py.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from ops.supply_chain.contracts.files.verification import Check, GivenFile, Line
from ops.supply_chain.contracts.values.signature_names import (
    bundle_name,
    certificate_name,
    publish_attestation_name,
    signature_name,
)
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.trust.verification import commands
from ops.supply_chain.trust.verification.file_kinds import ATTESTED, MANIFEST, VERIFIER, ReleaseFileNames, classify
from ops.supply_chain.trust.verification.kept import kept_problems
from ops.supply_chain.trust.verification.lines import check, failed, passed

NOT_READ = "not a regular file, or too large to read"

_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9][A-Za-z0-9._+-]*)")


def listing(
    parts: ReleaseFileNames,
    files: Mapping[str, GivenFile],
    contents: Mapping[str, bytes],
    damage: Mapping[str, Sequence[str]],
) -> tuple[Check, ...]:
    """Compare the files with the checksums, and all others with what signing and retention add.

    Args:
        parts: The names of the files.
        files: The files.
        contents: Bytes of the documents.
        damage: Distribution with another digest than the checksums have -> which of its members differ.
    """
    listed = (
        replace(line, message="; ".join((line.message, *damage[line.subject])))
        if line.outcome is Outcome.FAIL and line.subject in damage
        else line
        for line in _listed(parts, files, contents)
    )
    return (
        check(
            "files.listed", "Every released file is listed with its digest, and every listed file is present", listed
        ),
        check("files.known", "There is no other file", _others(parts, files, contents)),
    )


def classify_listed(files: Collection[str], contents: Mapping[str, bytes]) -> ReleaseFileNames:
    """Classify the files of a release by name and by what its checksums list.

    Args:
        files: The names of all given files.
        contents: Bytes of the documents, the checksums among them.
    Raises:
        InputError: The files are not a release, or more than one.
    """
    parts = classify(files)
    try:
        listed = read_checksums(contents[parts.checksums])
    except (KeyError, UnexpectedShapeError):
        return parts  # the check of the listing reports why
    return replace(parts, attached=VERIFIER not in listed)


def changed_distributions(
    parts: ReleaseFileNames, files: Mapping[str, GivenFile], contents: Mapping[str, bytes]
) -> dict[str, str]:
    """Return the distributions whose digest is not the listed one, and the listed one."""
    try:
        claimed = read_checksums(contents[parts.checksums])
    except (KeyError, UnexpectedShapeError):
        return {}
    return {
        name: claimed[name]
        for name in parts.distributions
        if name in claimed and files[name].sha256 not in ("", claimed[name])
    }


def read_checksums(data: bytes) -> dict[str, str]:
    """Read a checksums file: name -> SHA-256.

    Raises:
        UnexpectedShapeError: It is not in the form that sealwright writes.
    """
    try:
        lines = data.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise UnexpectedShapeError("is not plain text") from error
    if lines.pop() != "" or not lines:
        raise UnexpectedShapeError("is empty, or its last line has no newline")
    found: dict[str, str] = {}
    for number, text in enumerate(lines, 1):
        entry = _LINE.fullmatch(text)
        if not entry:
            raise UnexpectedShapeError(f"line {number}: expected 64 hexadecimal digits, two spaces and a file name")
        if entry[2] in found:
            raise UnexpectedShapeError(f"line {number}: names {entry[2]} a second time")
        found[entry[2]] = entry[1]
    if list(found) != sorted(found):
        raise UnexpectedShapeError("its lines are not sorted")
    return found


def _listed(parts: ReleaseFileNames, files: Mapping[str, GivenFile], contents: Mapping[str, bytes]) -> Iterator[Line]:
    command = commands.checksums(parts.checksums)
    if parts.checksums not in files:
        yield failed(parts.checksums, "is missing", command)
        return
    data = contents.get(parts.checksums)
    if data is None:
        yield failed(parts.checksums, NOT_READ, command)
        return
    try:
        claimed = read_checksums(data)
    except UnexpectedShapeError as error:
        yield failed(parts.checksums, str(error), command)
        return
    released = set(parts.released) - {parts.checksums}
    for name in sorted(released | claimed.keys()):
        yield _entry(name, claimed, files, released, command)


def _entry(
    name: str, claimed: Mapping[str, str], files: Mapping[str, GivenFile], released: set[str], command: str
) -> Line:
    if name not in claimed:
        was = next((listed for listed, sha in claimed.items() if sha == files[name].sha256 and listed not in files), "")
        return failed(name, f"is not listed; it has the bytes of {was}" if was else "is not listed", command)
    if name not in released:
        now = next(
            (file for file in sorted(released) if files[file].sha256 == claimed[name] and file not in claimed), ""
        )
        return failed(name, f"is missing; its bytes are in {now}" if now else "is missing", command)
    if files[name].sha256 != claimed[name]:
        found = files[name].sha256 or NOT_READ
        return failed(name, f"expected SHA-256 {claimed[name]}, found {found}", command)
    return passed(name, f"SHA-256 {claimed[name]}", command)


def _others(parts: ReleaseFileNames, files: Mapping[str, GivenFile], contents: Mapping[str, bytes]) -> Iterator[Line]:
    allowed = {name for file in parts.signed for name in _signatures(file, parts)}
    allowed |= {parts.attestation(what) for what in ATTESTED} | set(parts.signed)
    allowed |= set(map(publish_attestation_name, parts.distributions))
    for name in parts.names:
        if name == MANIFEST:
            yield _manifest(parts, files, contents.get(name, b""))
        elif name in parts.kept:
            yield _kept(name, parts, files, contents)
        elif name not in allowed:
            yield failed(name, "is not part of the release", "ls")
        elif name in parts.unlisted and not parts.bundles:
            yield failed(name, "is not listed, and the release is not signed", "ls")
    folded: dict[str, str] = {}
    for name in parts.names:
        first = folded.setdefault(name.lower(), name)
        if first != name:
            yield failed(name, f"differs from {first} in case only", "ls")
    yield passed(parts.prefix, f"{len(parts.names)} files, {len(parts.unlisted)} of them additional", "ls")


def _signatures(file: str, parts: ReleaseFileNames) -> tuple[str, ...]:
    return bundle_name(file, parts.naming), signature_name(file), certificate_name(file)


def _kept(name: str, parts: ReleaseFileNames, files: Mapping[str, GivenFile], contents: Mapping[str, bytes]) -> Line:
    """Check a report that was retained with a release: without the manifest that names it, it is not part of it."""
    command = commands.show(MANIFEST, f'.files[] | select(.name == "{name}")')
    if MANIFEST not in files:
        return failed(
            name, f"is not part of a release, and there is no {MANIFEST}, which a retained release has", command
        )
    digests = {file.name: file.sha256 for file in files.values()}
    problems = kept_problems(parts, digests, contents, name)
    if problems:
        return failed(name, problems[0], command)
    return passed(name, "is the report of its maker: not signed, and nothing was concluded from it", command)


def _manifest(parts: ReleaseFileNames, files: Mapping[str, GivenFile], data: bytes) -> Line:
    """Check the manifest of a retained release: it is of this release, and names exactly the other files."""
    try:
        document = json_reader.read(data)
        named = f"{document['component'].text()}-{document['version'].text()}"
        if named != parts.prefix:
            return failed(
                MANIFEST, f"is the manifest of another release: {excerpt(named)}", "jq .version manifest.json"
            )
        rows = [_row(node) for node in document["files"].rows()]
    except UnexpectedShapeError as error:
        return failed(MANIFEST, str(error), "jq -r .files manifest.json")
    there = sorted((file.name, file.sha256, file.size) for name, file in files.items() if name != MANIFEST)
    if sorted(rows) != there:
        return failed(
            MANIFEST, "does not name exactly the other files with their digests", "jq -r .files manifest.json"
        )
    return passed(MANIFEST, "names exactly the other files", "jq -r .files manifest.json")


def _row(node: Node) -> tuple[str, str, int]:
    size = node["size"].value
    return node["name"].text(), node["sha256"].text(), size if isinstance(size, int) else -1
