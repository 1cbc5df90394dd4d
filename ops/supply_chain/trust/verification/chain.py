"""Whether the release continues the one that it names as the one before.

Source: docs/provenance.md, role `previous-release`.
"""

from __future__ import annotations

from ops.supply_chain.contracts.files.verification import Check, Expectations
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.trust.verification import commands
from ops.supply_chain.trust.verification.lines import check, judged
from ops.supply_chain.trust.verification.parts import Parts

PATH = '.predicate.buildDefinition.resolvedDependencies[] | select(.annotations.role == "previous-release")'


def previous_of(statement: Node) -> tuple[str, str]:
    """Return version and SHA-256 of the provenance of the release before; empty texts where it names none.

    Raises:
        UnexpectedShapeError: It names more than one, or not by digest.
    """
    rows = statement["predicate"]["buildDefinition"]["resolvedDependencies"].rows()
    found = [row for row in rows if (row.get("annotations") or Node({})).text_of("role") == "previous-release"]
    if not found:
        return "", ""
    if len(found) > 1:
        raise UnexpectedShapeError(f"{found[1].path}: names a second release before this one")
    return found[0]["annotations"].text_of("version"), found[0]["digest"]["sha256"].text()


def chain(parts: Parts, statement: Node | str, wanted: Expectations) -> list[Check]:
    """Hold the previous release that was given against the one that the provenance names; nothing if none was given."""
    if not wanted.previous_given or isinstance(statement, str):
        return []
    problems = []
    try:
        version, sha256 = previous_of(statement)
        if not sha256:
            problems.append("names no release before it, and one was given")
        elif sha256 != wanted.previous_sha256:
            problems.append(
                f"names {excerpt(version)} with provenance SHA-256 {excerpt(sha256)}, the one given has "
                f"{wanted.previous_sha256}"
            )
    except UnexpectedShapeError as error:
        problems.append(str(error))
    title = "The release before this one is the one that it names"
    good = "continues the release that was given"
    return [
        check("chain.previous", title, judged(parts.provenance, problems, good, commands.show(parts.provenance, PATH)))
    ]
