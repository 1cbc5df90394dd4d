"""Check the provenance statement: its kind, its subjects, its builder, its parameters and its source.

The order is SLSA's: subject by digest, predicate type, builder, build type, external parameters, source. The
signature comes before all of them, in `signatures` and `attested`.

Source: SLSA 1.2, https://slsa.dev/spec/v1.2/verifying-artifacts ; docs/provenance.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ops.supply_chain.contracts.files.verification import Check, Expectations, GivenFile, Line
from ops.supply_chain.contracts.values.release_naming import ReleaseNaming
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.trust.identities.run import repository_of
from ops.supply_chain.trust.verification import commands
from ops.supply_chain.trust.verification.file_kinds import ReleaseFileNames
from ops.supply_chain.trust.verification.lines import check, failed, judged, passed

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "buildtype:release:v1"
BUILDERS = ("workstation", "github-hosted", "github-self-hosted", "gitlab-runner")
"""The kinds of our builders (release/provenance/builder.py; a test compares them)."""

PARAMETERS = frozenset(
    {
        "component",
        "version",
        "source",
        "tag",
        "sourceDateEpoch",
        "sourceDateEpochFrom",
        "policyProfiles",
        "options",
        "build",
        "names",
        "rehearsal",
    }
)
"""The closed set of external parameters (contracts/files/provenance.py; a test compares them)."""

REHEARSAL_SUFFIX = ":rehearsal"
"""End of the identifier of a builder that only rehearses."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


def provenance(
    parts: ReleaseFileNames, files: Mapping[str, GivenFile], statement: Node | str, wanted: Expectations
) -> list[Check]:
    """Check the statement.

    Args:
        parts: The names of the files.
        files: The files.
        statement: The document, or why it cannot be read.
        wanted: The expectations of the customer.
    """
    name = parts.provenance
    if isinstance(statement, str):
        return [check("provenance.statement", _TITLES["statement"], [failed(name, statement)])]
    checks = [
        _judged(
            "statement",
            name,
            _statement_problems(statement),
            "in-toto Statement v1, SLSA Provenance v1",
            "._type, .predicateType",
        ),
        check("provenance.subjects", _TITLES["subjects"], _subject_lines(parts, files, statement)),
        _judged(
            "builder", name, _builder_problems(statement, wanted), _builder(statement), ".predicate.runDetails.builder"
        ),
        _judged("parameters", name, _parameter_problems(parts, statement), "all are known", _PARAMETERS_PATH),
    ]
    if wanted.source_repository or wanted.source_commit or wanted.tag:
        problems = _source_problems(statement, wanted)
        checks.append(_judged("source", name, problems, _source_text(wanted), f"{_PARAMETERS_PATH}.source"))
    return checks


def subjects_of(statement: Node) -> dict[str, str]:
    """Return the subjects of a statement: name -> SHA-256.

    Raises:
        UnexpectedShapeError: One has no name or no SHA-256, or a name occurs twice.
    """
    found: dict[str, str] = {}
    for node in statement["subject"].rows():
        name, sha256 = node["name"].text(), node["digest"]["sha256"].text()
        if not _SHA256.fullmatch(sha256):
            raise UnexpectedShapeError(f"{node.path}.digest.sha256: expected 64 hexadecimal digits")
        if name in found:
            raise UnexpectedShapeError(f"{node.path}.name: {excerpt(name)} occurs twice")
        found[name] = sha256
    return found


def facts(statement: Node) -> dict[str, str]:
    """Return what a statement claims about its origin, as far as it can be read; empty texts are left out."""
    found = {
        "source": _source_uri(statement),
        "commit": _text(
            statement, "predicate", "buildDefinition", "externalParameters", "source", "digest", "gitCommit"
        ),
        "tag": parameter(statement, "tag"),
        "builder": _text(statement, "predicate", "runDetails", "builder", "id"),
        "built": _text(statement, "predicate", "runDetails", "metadata", "finishedOn"),
        "dirty": _dirty(statement),
    }
    return {key: text for key, text in found.items() if text}


def is_rehearsed(statement: Node) -> bool:
    """Return whether a statement is marked as a rehearsal."""
    try:
        said = statement["predicate"]["buildDefinition"]["externalParameters"].table().get("rehearsal", False)
    except UnexpectedShapeError:
        said = False
    builder = _text(statement, "predicate", "runDetails", "builder", "id")
    return said is not False or builder.endswith(REHEARSAL_SUFFIX)


def parameter(statement: Node, key: str) -> str:
    """Return an external parameter that is a text; empty where there is none."""
    return _text(statement, "predicate", "buildDefinition", "externalParameters", key)


_TITLES = {
    "statement": "The provenance is a statement of the known kind",
    "subjects": "The provenance covers every released file by its digest, and nothing else",
    "builder": "Build type and builder are known",
    "parameters": "Every external parameter is known, and names this release",
    "source": "The source is the expected one",
}
_PARAMETERS_PATH = ".predicate.buildDefinition.externalParameters"


def _judged(what: str, name: str, problems: Iterator[str], good: str, path: str) -> Check:
    found: list[str] = []
    try:
        found += problems
    except UnexpectedShapeError as error:
        found.append(str(error))
    lines = judged(name, found, good, commands.show(name, path))
    return check(f"provenance.{what}", _TITLES[what], lines)


def _statement_problems(statement: Node) -> Iterator[str]:
    for key, expected in (("_type", STATEMENT_TYPE), ("predicateType", PREDICATE_TYPE)):
        if statement[key].text() != expected:
            yield f"$.{key}: expected {expected}, found {excerpt(statement[key].value)}"
    statement["predicate"]["buildDefinition"].table()
    statement["predicate"]["runDetails"].table()


def _subject_lines(parts: ReleaseFileNames, files: Mapping[str, GivenFile], statement: Node) -> Iterator[Line]:
    command = commands.subjects(parts.provenance)
    try:
        claimed = subjects_of(statement)
    except UnexpectedShapeError as error:
        yield failed(parts.provenance, str(error), command)
        return
    if not claimed:
        yield failed(parts.provenance, "$.subject: names nothing", command)
    for name in sorted(claimed.keys() | set(parts.subjects)):
        if name not in claimed:
            yield failed(name, "is not a subject of the provenance", command)
        elif name not in files:
            yield failed(excerpt(name), "is a subject of the provenance, but missing", command)
        elif files[name].sha256 != claimed[name]:
            yield failed(name, f"expected SHA-256 {claimed[name]}, found {files[name].sha256}", command)
        elif name not in parts.subjects:
            yield failed(name, "is a subject of the provenance, but cannot be one", command)
        else:
            yield passed(name, f"SHA-256 {claimed[name]}", command)


def _builder(statement: Node) -> str:
    return excerpt(_text(statement, "predicate", "runDetails", "builder", "id"))


def _builder_problems(statement: Node, wanted: Expectations) -> Iterator[str]:
    found = statement["predicate"]["buildDefinition"]["buildType"].text()
    if found not in {f"{base}{BUILD_TYPE}" for base in wanted.bases}:
        yield f"$.predicate.buildDefinition.buildType: {excerpt(found)} is unknown"
    found = statement["predicate"]["runDetails"]["builder"]["id"].text()
    # Whether the builder is a rehearsal is checked by `release.real`.
    if found.removesuffix(REHEARSAL_SUFFIX) not in {
        f"{base}builder:{kind}:v1" for base in wanted.bases for kind in BUILDERS
    }:
        yield f"$.predicate.runDetails.builder.id: {excerpt(found)} is unknown"


def _parameter_problems(parts: ReleaseFileNames, statement: Node) -> Iterator[str]:
    # SLSA 1.2: a verifier should reject unknown or unexpected external parameters.
    parameters = statement["predicate"]["buildDefinition"]["externalParameters"]
    for key in sorted(parameters.table().keys() - PARAMETERS):
        yield f"{parameters.path}.{excerpt(key)}: is an unknown parameter"
    component, version = parameters["component"].text(), parameters["version"].text()
    if f"{component}-{version}" != parts.prefix:
        yield f"{parameters.path}: names {excerpt(component)} {excerpt(version)}, but the files are named {parts.prefix}"
    stated = parameters.table().get("names", ReleaseNaming.VERSIONED.value)
    if stated != parts.naming.value:
        yield f"{parameters.path}.names: states {excerpt(stated)} names, but the files have {parts.naming} ones"


def _source_problems(statement: Node, wanted: Expectations) -> Iterator[str]:
    uri, stated = _source_uri(statement), facts(statement)
    expected = repository_of(wanted.source_repository)
    if expected and repository_of(uri) != expected:
        yield f"expected the repository {expected}, found {excerpt(repository_of(uri)) or 'none'}"
    commit = stated.get("commit", "")
    if wanted.source_commit and commit != wanted.source_commit.lower():
        yield f"expected the commit {wanted.source_commit.lower()}, found {excerpt(commit) or 'none'}"
    if (wanted.source_repository or wanted.source_commit) and stated.get("dirty") != "no":
        yield "the source tree differed from that commit, or its state is not stated"
    version = parameter(statement, "version")
    tag = stated.get("tag", "")
    if wanted.tag and not matches_tag(wanted.tag, version, tag):
        found = f"the tag {excerpt(tag)}" if tag else f"the version {excerpt(version) or 'none'}"
        yield f"expected the tag {wanted.tag}, found {found}"


def matches_tag(tag: str, version: str, recorded: str) -> bool:
    """Return whether a release is that of a tag.

    Args:
        tag: The expected tag.
        version: The version in the provenance.
        recorded: The tag in the provenance; empty if it names none: then the version decides.
    """
    return tag in (recorded, version, f"v{version}") if recorded else version in {tag, tag.removeprefix("v")}


def _source_text(wanted: Expectations) -> str:
    named = {"repository": repository_of(wanted.source_repository), "commit": wanted.source_commit, "tag": wanted.tag}
    return ", ".join(f"{what} {text}" for what, text in named.items() if text)


def _source_uri(statement: Node) -> str:
    return _text(statement, "predicate", "buildDefinition", "externalParameters", "source", "uri")


def _dirty(statement: Node) -> str:
    try:
        rows = list(statement["predicate"]["buildDefinition"]["resolvedDependencies"].rows())
        source = [row["annotations"] for row in rows if row["annotations"]["role"].text() == "source"]
        dirty = source[0]["dirty"].value if len(source) == 1 else None
    except UnexpectedShapeError:
        return ""
    return "yes" if dirty is True else "no" if dirty is False else ""


def _text(statement: Node, *keys: str) -> str:
    node: Any = statement
    try:
        for key in keys:
            node = node[key]
        found = node.text()
    except UnexpectedShapeError:
        return ""
    return str(found)
