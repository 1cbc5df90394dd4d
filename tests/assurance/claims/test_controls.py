"""From claims to controls, and the catalogues as they are."""

from __future__ import annotations

import re

import pytest

from ops.supply_chain.assurance.claims.controls import controls_from
from ops.supply_chain.assurance.claims.form import form_page
from ops.supply_chain.assurance.claims.page import reference_page, standing_page
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.config.compliance import CraRole
from ops.supply_chain.contracts.config.controls import ControlsConfig, OutOfScope
from ops.supply_chain.contracts.files.claims import (
    ClaimsReport,
    ClaimStatus,
    ClaimVerdict,
    ControlStatus,
    ControlVerdict,
    EvidenceSource,
)
from ops.supply_chain.contracts.files.control_catalogue import Catalogue, CatalogueEntry
from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.gather.assurance.claims.evaluate import claim_rule, read_catalogues, reference
from tests.assurance.claims.rules import policy
from tests.policy.support import POLICY

FILE = FileRef(path="artifacts:gate.json", sha256="a" * 64, size=1)


def claim(name: str, standing: ClaimStatus) -> ClaimVerdict:
    held = standing is ClaimStatus.SUPPORTED
    return ClaimVerdict(
        id=name,
        sentence=f"{name} holds.",
        standing=standing,
        missing=() if held else ("Something.",),
        otherwise="" if held else f"{name} is not shown.",
        evidence=(FILE,) if held else (),
    )


CLAIMS = (
    claim("good", ClaimStatus.SUPPORTED),
    claim("bad", ClaimStatus.NOT_SUPPORTED),
    claim("dark", ClaimStatus.NOT_EXAMINED),
)
CASES: dict[str, tuple[CatalogueEntry, ControlStatus, str]] = {
    "what rests on good claims is met": (
        CatalogueEntry(id="x", title="t", claims=("good",), rules=("base.edges",)),
        ControlStatus.MET,
        "good holds. The rule base.edges passes for the released SBOM.",
    ),
    "one bad claim is enough not to meet it": (
        CatalogueEntry(id="x", title="t", claims=("good", "dark", "bad")),
        ControlStatus.NOT_MET,
        "bad is not shown.",
    ),
    "one that was not examined leaves it not examined": (
        CatalogueEntry(id="x", title="t", claims=("good", "dark")),
        ControlStatus.NOT_EXAMINED,
        "dark is not shown.",
    ),
    "a rule that fails does not meet it": (
        CatalogueEntry(id="x", title="t", claims=("good",), rules=("base.hashes",)),
        ControlStatus.NOT_MET,
        "The rule base.hashes does not pass for the released SBOM.",
    ),
    "a rule that was not asked does not meet it": (
        CatalogueEntry(id="x", title="t", claims=("good",), rules=("base.none",)),
        ControlStatus.NOT_MET,
        "The rule base.none does not pass for the released SBOM.",
    ),
    "what asks for nothing is met": (
        CatalogueEntry(id="x", title="t", always="It asks for nothing."),
        ControlStatus.MET,
        "It asks for nothing.",
    ),
    "what no release shows is not examined": (
        CatalogueEntry(id="x", title="t", unseen="Nobody looked"),
        ControlStatus.NOT_EXAMINED,
        "Nobody looked.",
    ),
}


def verdicts(*entries: CatalogueEntry, decided: tuple[OutOfScope, ...] = ()) -> tuple[ControlVerdict, ...]:
    catalogue = Catalogue(
        schema="catalogue/1", framework="F", version="1", source="https://f.example", controls=entries
    )
    rules = {"base.edges": "pass", "base.hashes": "fail"}
    return controls_from([catalogue], CLAIMS, rules, ControlsConfig(out_of_scope=decided))


@pytest.mark.parametrize("name", CASES)
def test_a_control_stands_as_its_claims_do(name: str) -> None:
    entry, standing, reason = CASES[name]
    [found] = verdicts(entry)
    assert (found.framework, found.title, found.standing, found.reason) == ("F 1", "t", standing, reason)
    assert (found.evidence == (FILE,)) == (standing is ControlStatus.MET and bool(entry.claims))


def test_what_is_out_of_scope_is_so_by_decision_whatever_the_evidence_shows() -> None:
    entry = CatalogueEntry(id="x", title="t", level="L2", claims=("good",))
    [found] = verdicts(entry, decided=(OutOfScope(id="x", reason=" We build\nno images"),))
    assert found.standing is ControlStatus.OUT_OF_SCOPE
    assert (found.title, found.reason) == ("t (L2)", "Out of scope by decision: We build?no images.")
    assert found.evidence == ()


@pytest.mark.parametrize(
    ("decided", "message", "hint"),
    [
        (OutOfScope(id="y1", reason="r"), "controls.out_of_scope[0]: no control is called 'y1'", "The nearest is 'y'."),
        (
            OutOfScope(id="y", reason=" "),
            "controls.out_of_scope[0]: y has no reason",
            "Write why the control is not followed.",
        ),
    ],
)
def test_a_decision_names_a_control_and_has_a_reason(decided: OutOfScope, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        verdicts(CatalogueEntry(id="y", title="t", unseen="u"), decided=(decided,))
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_the_catalogues_name_claims_and_rules_that_there_are_and_each_control_once() -> None:
    catalogues, files = read_catalogues()
    entries = [entry for one in catalogues for entry in one.controls]
    claims = {claim_rule(one.code, "", {}).id for one in policy().rules}
    rules = {f"{path.parts[-3]}.{path.stem}" for path in POLICY.glob("*/*/*.rego") if path.parent.name == path.stem}
    assert len({entry.id for entry in entries}) == len(entries)
    assert {name for entry in entries for name in entry.claims} <= claims
    assert {code for entry in entries for code in entry.rules} <= rules
    for entry in entries:
        assert sum(map(bool, (entry.claims, entry.always, entry.unseen))) == 1, entry.id
        assert entry.claims or not entry.rules, entry.id
        assert (entry.unseen or entry.always or ".").endswith("."), entry.id
    assert len(files) == 9


@pytest.mark.parametrize(
    ("prefix", "count"),
    [
        *(("SLSA-BUILD-L", 4), ("S2C2F-", 25), ("SSDF-", 42), ("SCVS-1.", 10), ("SCVS-2.", 18), ("SCVS-3.", 21)),
        *(("SCVS-4.", 19), ("SCVS-5.", 12), ("SCVS-6.", 7), ("CISA-2026-", 23), ("CRA-I-II-", 8)),
        *(("OSPS-", 64), ("CISA-FORM-", 11), ("CRA-13-", 2), ("CRA-14", 1), ("CRA-24-", 3)),
    ],
)
def test_each_framework_is_there_whole(prefix: str, count: int) -> None:
    catalogues, _ = read_catalogues()
    assert sum(entry.id.startswith(prefix) for one in catalogues for entry in one.controls) == count


def test_what_only_a_real_release_can_show_never_rests_on_a_rehearsal() -> None:
    """Controls about what customers receive ask for a release."""
    catalogues, _ = read_catalogues()
    for entry in (entry for one in catalogues for entry in one.controls):
        if {"signed-releases", "checksums-published"} & set(entry.claims) and not entry.id.startswith("SCVS-3"):
            assert "real-release" in entry.claims, entry.id


def test_the_reference_names_every_claim_and_control() -> None:
    page = reference()
    for one in policy().rules:
        assert f"| `{claim_rule(one.code, '', {}).id}` |" in page
    catalogues, _ = read_catalogues()
    assert all(f"| `{entry.id}` |" in page for one in catalogues for entry in one.controls)
    assert reference_page([], []).startswith("# Claims and controls\n")


OBLIGATIONS = {
    "undecided": (True, True),
    "manufacturer": (True, False),
    "steward": (False, True),
    "out-of-scope": (False, False),
}
"""Stated role -> whether obligations of manufacturers, and those of stewards, are evaluated."""


@pytest.mark.parametrize("role", CraRole)
def test_obligations_of_another_role_are_out_of_scope_and_others_are_not(role: CraRole) -> None:
    catalogues = [catalogue for catalogue in read_catalogues()[0] if catalogue.framework.startswith(("CRA", "OSPS"))]
    claims = [
        claim(name, ClaimStatus.NOT_SUPPORTED) for one in catalogues for entry in one.controls for name in entry.claims
    ]
    found = {verdict.id: verdict for verdict in controls_from(catalogues, claims, {}, ControlsConfig(), role=role)}
    for control, evaluated in zip(("CRA-I-II-7", "CRA-24-3"), OBLIGATIONS[role], strict=True):
        assert (found[control].standing is not ControlStatus.OUT_OF_SCOPE) == evaluated, control
    assert found["OSPS-BR-06.01"].standing is ControlStatus.NOT_MET
    if role is CraRole.STEWARD:
        assert found["CRA-I-II-7"].reason == (
            "Out of scope by decision: it is an obligation of manufacturers; the maintainers state that they are an "
            "open-source software steward."
        )


def test_the_form_has_what_a_release_evidences_and_leaves_the_rest_to_a_person() -> None:
    catalogues = [one for one in read_catalogues()[0] if one.framework.startswith("CISA Secure")]
    names = dict.fromkeys(name for one in catalogues for entry in one.controls for name in entry.claims)
    claims = [claim(name, ClaimStatus.SUPPORTED) for name in names if name != "daily-scan"]
    claims.append(claim("daily-scan", ClaimStatus.NOT_EXAMINED))
    report = ClaimsReport(
        schema="claims/1",
        component="<b>c</b>",
        source=None,
        policy_sha256="b" * 64,
        claims=tuple(claims),
        controls=controls_from(catalogues, claims, {}, ControlsConfig()),
    )
    page = form_page(report)
    rows = [line.split(" | ") for line in page.splitlines() if re.match(r"\| \d", line)]
    assert [row[0] for row in rows if row[2] == "evidenced"] == ["| 2", "| 3", "| 4b"]
    assert {row[2] for row in rows} == {"evidenced", "not evidenced"}
    assert page.count("*to be filled in by a person*") == 5
    assert "no longer required" in page
    assert "<b>" not in page


def test_hostile_text_stays_text_in_the_page() -> None:
    hostile = "<img src=x onerror=alert(1)>|`[x](javascript:y)\x1b[31m\n# head"
    report = ClaimsReport(
        schema="claims/1",
        component=hostile,
        source=EvidenceSource(
            component="c",
            version=hostile,
            rehearsal=True,
            manifest_sha256="a" * 64,
            created="2026-11-20T00:00:00Z",
            retained_at="2026-11-20T00:00:00Z",
        ),
        policy_sha256="b" * 64,
        claims=(
            ClaimVerdict(
                id="a", sentence=hostile, standing=ClaimStatus.NOT_EXAMINED, missing=(hostile,), otherwise=hostile
            ),
        ),
        controls=verdicts(CatalogueEntry(id="x", title="t", unseen=hostile)),
    )
    page = standing_page(report)
    assert "<img" not in page
    assert "\x1b" not in page
    assert re.search(r"(?<!\\)\[x\]", page) is None
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [6, 6]
