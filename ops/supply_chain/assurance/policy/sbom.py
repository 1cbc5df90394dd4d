"""One SBOM as the engine's input: lean components, and what the engine cannot work out itself.

`components` carry what a rule may ask of each. Beside them stand the joins that are slow in the engine
(`dangling`, `duplicates`), the count of each CISA element by state (`elements`), and each distinct licence
once with the references it holds for (`licences`, `unlicensed`). These two describe the product: what the document marks
as for development only is in `excluded` instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec

from ops.supply_chain.assurance.policy.cyclonedx import cyclonedx_parts
from ops.supply_chain.assurance.policy.licences import alternatives_of, unknown_term
from ops.supply_chain.assurance.policy.parts import COMPONENT_ELEMENTS, HASH, Part, Parts, State
from ops.supply_chain.assurance.policy.received import received_parts
from ops.supply_chain.assurance.policy.spdx2 import spdx2_parts
from ops.supply_chain.contracts.values.received_sbom import ReceivedSbom
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.formats.cyclonedx import CycloneDx
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.formats.sbom import SbomFamily, family_of, read_sbom
from ops.supply_chain.formats.shape import Fault
from ops.supply_chain.formats.spdx2 import Spdx2, is_spdx2

ROOTLESS_ELEMENTS = frozenset({HASH})
"""Elements that the root does not need: its files do not exist yet when the SBOM is made."""


def is_readable(document: object) -> bool:
    """Return whether a parsed JSON document is in a format that rules can be shown: CycloneDX or SPDX 2."""
    return family_of(document) is SbomFamily.CYCLONEDX or is_spdx2(document)


def sbom_input(document: dict[str, Any], *, path: str, sha256: str, problems: Iterable[Fault]) -> dict[str, Any]:
    """Make one entry of `input.sboms`.

    Args:
        document: The parsed JSON of a format that `is_readable` accepts; anything may be in it.
        path: What to call it: `dist:sbom/...`.
        sha256: Of its bytes.
        problems: What the semantic checks found.
    Raises:
        InputError: It is of an unknown major version.
    """
    return _input(_parts(document, path), path=path, sha256=sha256, problems=problems)


def received_input(document: ReceivedSbom, *, path: str, sha256: str) -> dict[str, Any]:
    """Make one entry of `input.sboms` of a received document; its defects are problems.

    Args:
        document: In any format and serialisation.
        path: What to call it.
        sha256: Of its bytes.
    """
    return _input(received_parts(document), path=path, sha256=sha256, problems=())


def _input(parts: Parts, *, path: str, sha256: str, problems: Iterable[Fault]) -> dict[str, Any]:
    everything = (*((parts.root,) if parts.root else ()), *parts.components)
    faults = dict.fromkeys((*parts.faults, *problems))
    return {
        "path": path,
        "sha256": sha256,
        "format": parts.format,
        "format_version": parts.format_version,
        "problems": [fault._asdict() for fault in faults],
        "root": _root(parts.root),
        "explicitly_empty": parts.explicitly_empty,
        "document": {key: state.value for key, state in parts.document.items()},
        "components": [_component(part) for part in parts.components],
        "elements": {key: _tally(element, parts) for key, element in COMPONENT_ELEMENTS.items()},
        "edges": len(parts.edges),
        "dangling": _dangling(parts),
        "duplicates": sorted(ref for ref, count in Counter(part.ref for part in everything).items() if count > 1),
        "excluded": [part.ref for part in parts.components if part.excluded],
        **_licences([part for part in parts.components if not part.excluded]),
    }


def _parts(document: dict[str, Any], path: str) -> Parts:
    try:
        found = read_sbom(document)
    except UnexpectedShapeError as error:
        raise InputError(f"{path}: {error}") from error
    if isinstance(found, CycloneDx):
        return cyclonedx_parts(found)
    if isinstance(found, Spdx2):
        return spdx2_parts(found)
    raise InputError(f"{path}: expected CycloneDX or SPDX 2, found SPDX 3")


def _root(root: Part | None) -> dict[str, str]:
    if root is None:
        return {}
    return {"ref": root.ref, "name": root.name, "version": root.version, "purl": root.purl}


def _component(part: Part) -> dict[str, Any]:
    return {
        "ref": part.ref,
        "name": part.name,
        "version": part.version,
        "purl": part.purl,
        "origin": part.origin.value,
        "algorithms": list(part.algorithms),
        "producer": part.producer,
        "licence": _licence_text(part),
        "unknown": sorted(part.unknown),
    }


def _tally(element: str, parts: Parts) -> dict[str, Any]:
    counted = list(parts.components)
    if element not in ROOTLESS_ELEMENTS and parts.root is not None:
        counted.append(parts.root)
    states = [(part.state(element), part) for part in counted]
    missing = sorted(part.ref or part.name for state, part in states if state is State.MISSING)
    if parts.root is None and element not in ROOTLESS_ELEMENTS:
        missing.append("(root component)")
    return {
        "present": sum(state is State.PRESENT for state, _ in states),
        "unknown": sum(state is State.UNKNOWN for state, _ in states),
        "missing": missing,
    }


def _dangling(parts: Parts) -> list[dict[str, str]]:
    found = {(edge, other) for edge, other in parts.edges if edge not in parts.targets or other not in parts.targets}
    return [{"from": source, "to": other if other not in parts.targets else source} for source, other in sorted(found)]


def _licence_text(part: Part) -> str:
    return ", ".join((*part.expressions, *part.licence_names))


def _licences(components: Iterable[Part]) -> dict[str, list[Any]]:
    subjects: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    unlicensed = []
    for part in components:
        if part.expressions or part.licence_names:
            subjects.setdefault((part.expressions, part.licence_names), []).append(part.ref)
        else:
            unlicensed.append(part.ref)
    licences = [
        {
            "text": ", ".join((*expressions, *names)),
            "alternatives": _alternatives(expressions, names),
            "subjects": refs,
        }
        for (expressions, names), refs in sorted(subjects.items())
    ]
    return {"licences": licences, "unlicensed": unlicensed}


def _alternatives(expressions: tuple[str, ...], names: tuple[str, ...]) -> list[list[dict[str, Any]]]:
    # Several statements on one component: which may be chosen nobody tells, so all of them hold.
    joined = expressions[0] if len(expressions) == 1 else " AND ".join(f"({expression})" for expression in expressions)
    found = alternatives_of(joined) if joined else ((),)
    extra = tuple(unknown_term(name) for name in names)
    return [[msgspec.to_builtins(term) for term in (*alternative, *extra)] for alternative in found]
