"""The vulnerabilities of a CycloneDX document and the analysis of each."""

from __future__ import annotations

from ops.supply_chain.contracts.values.received_sbom import (
    NO_COMPONENT,
    AffectedComponent,
    AffectedVersions,
    DefectKind,
    SbomRating,
    SbomStatement,
)
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.bom_links import is_link
from ops.supply_chain.formats.received.collect import Collector, Table

STATES = frozenset({"resolved", "resolved_with_pedigree", "exploitable", "in_triage", "false_positive", "not_affected"})


class Statements:
    """Collects the vulnerabilities of one document."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._nodes: list[tuple[str, Table]] = []

    def add(self, node: Table, location: str) -> None:
        """Take one vulnerability."""
        self._nodes.append((location, node))

    def build(self, positions: dict[str, int], others: frozenset[str]) -> tuple[SbomStatement, ...]:
        """Return the statements, in the document's order, each reference as a position.

        Args:
            positions: Reference -> position of its component.
            others: References of things that are no components.
        """
        return tuple(self._statement(node, at, positions, others) for at, node in self._nodes)

    def _statement(self, node: Table, at: str, positions: dict[str, int], others: frozenset[str]) -> SbomStatement:
        collector = self._collector
        analysis = collector.table(node, "analysis", at)
        inside = f"{at}/analysis"
        state = collector.text(analysis, "state", inside)
        if state and state not in STATES:
            collector.defect(DefectKind.VALUE, inside, f"unknown state of a vulnerability: {excerpt(state)!r}")
        name = collector.text(node, "id", at)
        if not name:
            collector.defect(DefectKind.MISSING, at, "a vulnerability without an id")
        issued, updated = (collector.text(analysis, key, inside) for key in ("firstIssued", "lastUpdated"))
        return SbomStatement(
            location=at,
            id=name,
            source=collector.text(collector.table(node, "source", at), "name", at),
            aliases=tuple(
                dict.fromkeys(
                    filter(
                        None, (collector.text(row, "id", here) for here, row in collector.rows(node, "references", at))
                    )
                )
            ),
            state=state,
            justification=collector.text(analysis, "justification", inside),
            responses=tuple(collector.texts(analysis, "response", inside)),
            detail=collector.text(analysis, "detail", inside),
            description=collector.text(node, "description", at),
            first_issued=collector.timestamp(issued, f"{inside}/firstIssued"),
            last_updated=collector.timestamp(updated, f"{inside}/lastUpdated"),
            ratings=tuple(self._rating(row, here) for here, row in collector.rows(node, "ratings", at)),
            affects=tuple(
                self._affected(row, here, positions, others) for here, row in collector.rows(node, "affects", at)
            ),
        )

    def _rating(self, row: Table, at: str) -> SbomRating:
        score = row.get("score")
        return SbomRating(
            self._collector.text(row, "method", at),
            str(score) if isinstance(score, int | float | str) else "",
            self._collector.text(row, "severity", at),
            self._collector.text(row, "vector", at),
        )

    def _affected(self, row: Table, at: str, positions: dict[str, int], others: frozenset[str]) -> AffectedComponent:
        collector = self._collector
        ref = collector.text(row, "ref", at)
        position = positions.get(ref, NO_COMPONENT)
        if position == NO_COMPONENT and ref not in others and not is_link(ref):
            collector.defect(DefectKind.REFERENCE, at, f"refers to {excerpt(ref)!r}, which the document does not have")
        return AffectedComponent(
            ref,
            position,
            tuple(
                AffectedVersions(
                    collector.text(entry, "version", here),
                    collector.text(entry, "range", here),
                    collector.text(entry, "status", here) or "affected",
                )
                for here, entry in collector.rows(row, "versions", at)
            ),
        )
