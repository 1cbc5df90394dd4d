"""The catalogue of claims and controls as Markdown: sentences, evidence, and current status.

All text is escaped for Markdown: reasons and versions come from configurations and releases.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ops.supply_chain.assurance.claims.verdicts import ClaimRule
from ops.supply_chain.contracts.files.claims import ClaimsReport, ClaimStatus, ClaimVerdict, ControlVerdict
from ops.supply_chain.contracts.files.control_catalogue import Catalogue, CatalogueEntry
from ops.supply_chain.core.commands import command
from ops.supply_chain.formats import markdown

REFERENCE_HEAD = f"""\
# Claims and controls

The claims that sealwright evaluates for a project, and the framework controls that they support. A claim is supported
only where the newest retained release shows it, verified again when the claim is evaluated; otherwise the sentence in
its place is shown. `{command("evaluate_claims")}` writes the current status to `dist/claims.json`, `dist/controls.json` and
`dist/controls.md`.

Titles of controls are paraphrased. A control is met where everything that it rests on is supported; where no file of a
release can show it, it is not examined, and never counted as met. `[controls].out_of_scope` in `.security-config.toml`
excludes a control by decision, with a reason; obligations of manufacturers or stewards are out of scope where
`[compliance].cra_role` states another role. None of this is a certificate or legal advice.
"""


def reference_page(rules: Sequence[ClaimRule], catalogues: Sequence[Catalogue]) -> str:
    """Return the reference: each claim with its sentences and evidence, each framework with what it rests on."""
    return "\n".join(_reference(rules, catalogues)) + "\n"


def standing_page(report: ClaimsReport) -> str:
    """Return the status of each control and claim, with the evidence by name and digest."""
    return "\n".join(_standing(report)) + "\n"


def _reference(rules: Sequence[ClaimRule], catalogues: Sequence[Catalogue]) -> Iterator[str]:
    yield REFERENCE_HEAD
    yield from ("## Claims", "", "| id | what it says | where it is not shown | rests on |", "|---|---|---|---|")
    for rule in sorted(rules, key=lambda control: control.id):
        yield _row(
            f"`{rule.id}`",
            markdown.text(rule.sentence),
            markdown.text(rule.otherwise),
            markdown.text(", ".join(rule.evidence)),
        )
    for catalogue in catalogues:
        yield from ("", f"## {markdown.text(_framework(catalogue))}", "", f"Identifiers: <{catalogue.source}>", "")
        yield from ("| id | control | rests on |", "|---|---|---|")
        for entry in catalogue.controls:
            level = f" ({entry.level})" if entry.level else ""
            level += f" ({' and '.join(f'{role}s' for role in entry.roles)})" if entry.roles else ""
            yield _row(f"`{entry.id}`", markdown.text(entry.title + level), _rests_on(entry))


def _framework(catalogue: Catalogue) -> str:
    return f"{catalogue.framework} {catalogue.version}".strip()


def _rests_on(entry: CatalogueEntry) -> str:
    if not entry.claims:
        return markdown.text(entry.always or f"Not examined: {entry.unseen}")
    return ", ".join([*(f"`{name}`" for name in entry.claims), *(f"rule `{code}`" for code in entry.rules)])


def _standing(report: ClaimsReport) -> Iterator[str]:
    yield from (f"# Controls of {markdown.text(report.component)}", "", _rests(report), "")
    for framework, controls in _grouped(report.controls).items():
        yield from (
            f"## {markdown.text(framework)}",
            "",
            "| id | control | status | reason | evidence |",
            "|---|---|---|---|---|",
        )
        for control in controls:
            yield _row(
                f"`{control.id}`",
                markdown.text(control.title),
                control.standing.value.replace("-", " "),
                markdown.text(control.reason),
                _evidence(control),
            )
        yield ""
    yield from ("## Claims", "", "| id | status | what is true | missing | evidence |", "|---|---|---|---|---|")
    for claim in report.claims:
        yield _row(
            f"`{claim.id}`",
            claim.standing.value.replace("-", " "),
            markdown.text(claim.sentence if claim.standing is ClaimStatus.SUPPORTED else claim.otherwise),
            markdown.text(" ".join(claim.missing)),
            _evidence(claim),
        )


def _rests(report: ClaimsReport) -> str:
    source = report.source
    if source is None:
        return "No retained release can be read: only the project's own files are evaluated."
    kind = "the rehearsal, which is not a release, of" if source.rehearsal else "release"
    return f"From {kind} {markdown.text(source.version)}; its manifest has the SHA-256 `{source.manifest_sha256}`."


def _grouped(controls: Iterable[ControlVerdict]) -> Mapping[str, list[ControlVerdict]]:
    found: dict[str, list[ControlVerdict]] = {}
    for control in controls:
        found.setdefault(control.framework, []).append(control)
    return dict(sorted(found.items()))


def _evidence(verdict: ClaimVerdict | ControlVerdict) -> str:
    return "<br>".join(f"{markdown.text(file.path)} sha256 `{file.sha256}`" for file in verdict.evidence)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
