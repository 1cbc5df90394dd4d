"""What a distribution requires, resolved against the locks of the project.

A requirement that no lock fixes stays a component without version, and the dependencies are stated to be incomplete: what
will be installed is not known then.

Source: https://packaging.python.org/en/latest/specifications/core-metadata/#requires-dist-multiple-use
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.contracts.values.lock import DEFAULT_INDEX, InstallScope
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.markers import may_apply
from ops.supply_chain.inventory.build.requirements import Need, allows, needs_of
from ops.supply_chain.inventory.model.contents import EvidenceKind, IdentityEvidence
from ops.supply_chain.inventory.model.document import Component, Document, Occurrence, Package
from ops.supply_chain.inventory.model.naming import plain_name, purl_of

_NO_EXTRAS: frozenset[str] = frozenset()


class Dependencies(NamedTuple):
    """What a distribution depends on.

    `direct` are the refs of its own requirements, sorted; `components` all packages that these lead to, sorted by ref.
    `unresolved` are the requirements that no lock fixes, as text, sorted. `complete` is True if every requirement is
    known and fixed.
    """

    direct: tuple[str, ...]
    components: tuple[Component, ...]
    unresolved: tuple[str, ...]
    complete: bool


def dependencies_of(metadata: CoreMetadata, path: str, locked: Document) -> Dependencies:
    """Resolve the requirements of a distribution.

    Args:
        metadata: Its core metadata.
        path: The file that has it.
        locked: The document of all locks of the project.
    """
    needs = needs_of(metadata)
    found: dict[str, Component] = {}
    scopes: dict[str, InstallScope] = {}
    unresolved: list[str] = []
    for need, text in zip(needs or (), metadata.requires_dist, strict=False):
        scope = InstallScope.REQUIRED if may_apply(need.marker, _NO_EXTRAS) else InstallScope.OPTIONAL
        fixed = _candidates(need, locked)
        if not fixed:
            unresolved.append(printable(text))
        for component in fixed or [_open(need, path)]:
            ref = component.package.ref
            known = found.get(ref, component)
            notes = {*known.notes, ("requirement", printable(text))}
            found[ref] = msgspec.structs.replace(known, direct=True, notes=tuple(sorted(notes)))
            scopes[ref] = _stronger(scopes.get(ref), scope)
    reached = _reached(found, scopes, locked)
    return Dependencies(
        direct=tuple(sorted(found)),
        components=tuple(reached[ref] for ref in sorted(reached)),
        unresolved=tuple(sorted(unresolved)),
        complete=needs is not None and not unresolved,
    )


def _candidates(need: Need, locked: Document) -> list[Component]:
    """Return the packages of the locks that a requirement allows; those for development only where there is no other."""
    same = [
        component
        for component in locked.components
        if component.package.key == need.key and allows(need.specifier, component.package.version)
    ]
    return [entry for entry in same if entry.scope is not InstallScope.EXCLUDED] or same


def _open(need: Need, path: str) -> Component:
    name = plain_name(need.key)
    purl = purl_of(name, "", DEFAULT_INDEX)
    where = printable(path)
    return Component(
        package=Package(ref=purl, name=name, key=need.key, version="", purl=purl),
        occurrences=(Occurrence(lock=where, path=where, line=0),),
        evidence=(
            IdentityEvidence(
                field="name", value=name, kind=EvidenceKind.METADATA, path=where, text="Requires-Dist", confidence=1
            ),
        ),
    )


def _reached(
    direct: Mapping[str, Component], scopes: Mapping[str, InstallScope], locked: Document
) -> dict[str, Component]:
    """Follow the dependencies in the locks; a package that something required needs is required."""
    by_ref = {component.package.ref: component for component in locked.components} | dict(direct)
    found: dict[str, InstallScope] = {}
    for scope in (InstallScope.REQUIRED, InstallScope.OPTIONAL):
        pending = sorted(ref for ref, own in scopes.items() if own is scope)
        while pending:
            ref = pending.pop()
            if ref in found or ref not in by_ref:
                continue
            found[ref] = scope
            pending += by_ref[ref].depends_on or ()
    return {ref: _in_scope(by_ref[ref], found, scope, is_direct=ref in direct) for ref, scope in found.items()}


def _in_scope(component: Component, found: Iterable[str], scope: InstallScope, *, is_direct: bool) -> Component:
    depends_on = None if component.depends_on is None else tuple(ref for ref in component.depends_on if ref in found)
    return msgspec.structs.replace(
        component,
        depends_on=depends_on,
        depends_complete=component.depends_complete and depends_on == component.depends_on,
        direct=is_direct,
        groups=(),
        scope=scope,
    )


def _stronger(known: InstallScope | None, scope: InstallScope) -> InstallScope:
    return InstallScope.REQUIRED if InstallScope.REQUIRED in (known, scope) else scope
