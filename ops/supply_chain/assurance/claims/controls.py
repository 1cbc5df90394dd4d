"""From claims to the controls of other people's frameworks."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.config.compliance import CraRole
from ops.supply_chain.contracts.config.controls import ControlsConfig
from ops.supply_chain.contracts.files.claims import ClaimStatus, ClaimVerdict, ControlStatus, ControlVerdict
from ops.supply_chain.contracts.files.control_catalogue import Catalogue, CatalogueEntry
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.text import printable

PASS = "pass"  # noqa: S105 - an outcome


def controls_from(
    catalogues: Sequence[Catalogue],
    claims: Sequence[ClaimVerdict],
    rules: Mapping[str, str],
    config: ControlsConfig,
    *,
    role: CraRole = CraRole.UNDECIDED,
) -> tuple[ControlVerdict, ...]:
    """Evaluate each control from the claims.

    Args:
        catalogues: The frameworks.
        claims: All claims.
        rules: SBOM policy rules, evaluated on the released SBOM in this run: code -> outcome.
        config: The controls out of scope, with reasons.
        role: As the maintainers state it. Obligations of another role are out of scope; while it is undecided, none is.
    Returns:
        The controls, sorted by id.
    Raises:
        UsageError: The configuration names an unknown control, or gives no reason.
    """
    known = {claim.id: claim for claim in claims}
    decided = _decided(catalogues, config)
    found = [
        _verdict(catalogue, entry, known, rules, decided.get(entry.id, "") or _other_role(entry, role))
        for catalogue in catalogues
        for entry in catalogue.controls
    ]
    return tuple(sorted(found, key=lambda verdict: verdict.id))


def _decided(catalogues: Sequence[Catalogue], config: ControlsConfig) -> dict[str, str]:
    ids = [entry.id for catalogue in catalogues for entry in catalogue.controls]
    for place, scope in enumerate(config.out_of_scope):
        where = f"controls.out_of_scope[{place}]"
        if scope.id not in ids:
            nearest = difflib.get_close_matches(scope.id, ids, n=1, cutoff=0.0)
            raise UsageError(
                f"{where}: no control is called {scope.id!r}",
                hint=f"The nearest is {nearest[0]!r}.",
                kind=ErrorClass.CONFIGURATION,
            )
        if not scope.reason.strip():
            raise UsageError(
                f"{where}: {scope.id} has no reason",
                hint="Write why the control is not followed.",
                kind=ErrorClass.CONFIGURATION,
            )
    return {scope.id: scope.reason.strip() for scope in config.out_of_scope}


_ROLES = {
    CraRole.MANUFACTURER: "a manufacturer",
    CraRole.STEWARD: "an open-source software steward",
}


def _other_role(entry: CatalogueEntry, role: CraRole) -> str:
    """Return why an obligation is that of another role than the stated one; empty where it is not, or none is stated."""
    if not entry.roles or role is CraRole.UNDECIDED or role in entry.roles:
        return ""
    stated = _ROLES.get(role)
    who = f"{stated}" if stated else "outside the scope of the regulation"
    return f"it is an obligation of {' and '.join(f'{name}s' for name in entry.roles)}; the maintainers state that they are {who}"


def _verdict(
    catalogue: Catalogue,
    entry: CatalogueEntry,
    claims: Mapping[str, ClaimVerdict],
    rules: Mapping[str, str],
    decided: str,
) -> ControlVerdict:
    standing, reason = _standing(entry, claims, rules)
    if decided:
        standing, reason = ControlStatus.OUT_OF_SCOPE, f"Out of scope by decision: {printable(decided)}"
    met = standing is ControlStatus.MET
    files = {file.path: file for name in entry.claims for file in claims[name].evidence if met}
    return ControlVerdict(
        id=entry.id,
        framework=f"{catalogue.framework} {catalogue.version}".strip(),
        title=f"{entry.title} ({entry.level})" if entry.level else entry.title,
        standing=standing,
        reason=reason if reason.endswith((".", "!", "?")) else f"{reason}.",
        claims=entry.claims,
        evidence=tuple(_sorted(files)),
    )


def _standing(
    entry: CatalogueEntry, claims: Mapping[str, ClaimVerdict], rules: Mapping[str, str]
) -> tuple[ControlStatus, str]:
    if entry.always:
        return ControlStatus.MET, entry.always
    needed = [claims[name] for name in entry.claims]
    if not needed:
        return ControlStatus.NOT_EXAMINED, entry.unseen
    for standing, verdict in (
        (ClaimStatus.NOT_SUPPORTED, ControlStatus.NOT_MET),
        (ClaimStatus.NOT_EXAMINED, ControlStatus.NOT_EXAMINED),
    ):
        short = [claim for claim in needed if claim.standing is standing]
        if short:
            return verdict, " ".join(claim.otherwise for claim in short)
    failed = [code for code in entry.rules if rules.get(code) != PASS]
    if failed:
        return ControlStatus.NOT_MET, f"The rule {', '.join(failed)} does not pass for the released SBOM."
    passed = [f"The rule {code} passes for the released SBOM." for code in entry.rules]
    return ControlStatus.MET, " ".join([*(claim.sentence for claim in needed), *passed])


def _sorted(files: Mapping[str, FileRef]) -> list[FileRef]:
    return [files[path] for path in sorted(files)]
