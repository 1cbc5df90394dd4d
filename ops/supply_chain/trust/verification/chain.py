"""Check that the previous release is the one that the provenance names.

Source: docs/provenance.md, role `previous-release`.
"""

from __future__ import annotations

from ops.supply_chain.contracts.files.verification import Check, Expectations
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.trust.verification import commands
from ops.supply_chain.trust.verification.file_kinds import ReleaseFileNames
from ops.supply_chain.trust.verification.lines import check, judged

PATH = '.predicate.buildDefinition.resolvedDependencies[] | select(.annotations.role == "previous-release")'


def previous_of(statement: Node) -> tuple[str, str]:
    """Return version and provenance SHA-256 of the previous release; empty texts if none is named.

    Raises:
        UnexpectedShapeError: It names more than one release, or none by digest.
    """
    rows = statement["predicate"]["buildDefinition"]["resolvedDependencies"].rows()
    found = [row for row in rows if (row.get("annotations") or Node({})).text_of("role") == "previous-release"]
    if not found:
        return "", ""
    if len(found) > 1:
        raise UnexpectedShapeError(f"{found[1].path}: names a second previous release")
    return found[0]["annotations"].text_of("version"), found[0]["digest"]["sha256"].text()


def chain(parts: ReleaseFileNames, statement: Node | str, wanted: Expectations) -> list[Check]:
    """Compare the given previous release with the one in the provenance; nothing if none was given."""
    if not wanted.previous_given or isinstance(statement, str):
        return []
    problems = []
    try:
        version, sha256 = previous_of(statement)
        if not sha256:
            problems.append("names no previous release, but one was given")
        elif sha256 != wanted.previous_sha256:
            problems.append(
                f"names {excerpt(version)} with provenance SHA-256 {excerpt(sha256)}, the one given has "
                f"{wanted.previous_sha256}"
            )
    except UnexpectedShapeError as error:
        problems.append(str(error))
    title = "The previous release is the one that the provenance names"
    good = "continues the release that was given"
    return [
        check("chain.previous", title, judged(parts.provenance, problems, good, commands.show(parts.provenance, PATH)))
    ]
