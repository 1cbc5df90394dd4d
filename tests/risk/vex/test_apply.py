"""Which findings VEX takes the force of, and that it never takes it from any other."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.vex import VexDocument, VexTrust
from ops.supply_chain.risk.vex.apply import FUTURE, UNJUSTIFIED, UNKNOWN_AUTHOR, UNMATCHED, apply_vex
from tests.risk.vex.support import NOW, ROOT, finding, openvex, statement

FINDING = finding("idna", "3.20", "CVE-2026-1", "GHSA-aaaa-bbbb-cccc")
EARLIER, LATER = "2026-11-19T00:00:00Z", "2026-11-21T00:00:00Z"


def waived(*documents: VexDocument, one: Finding = FINDING, products: tuple[str, ...] = (ROOT,)) -> str:
    [found] = [each for each in apply_vex([one], documents, now=NOW, products=products) if each.code == one.code]
    return found.waived_by


def notes(*documents: VexDocument, one: Finding = FINDING) -> list[tuple[str, str]]:
    found = apply_vex([one], documents, now=NOW, products=(ROOT,))
    return [(each.code, each.message) for each in found if each.code.startswith("vex.")]


JUSTIFIED = "VEX: https://theirs.example/vex/1, not_affected (vulnerable_code_not_in_execute_path), by Them, digest"
SUPPRESSING: dict[str, tuple[dict[str, Any], str]] = {
    "not affected": (statement(), JUSTIFIED),
    "fixed": (statement("fixed"), "VEX: https://theirs.example/vex/1, fixed, by Them, digest"),
    "by an alias of ours": (statement(vulnerability={"name": "ghsa-AAAA-bbbb-cccc"}), JUSTIFIED),
    "by an alias of theirs": (statement(vulnerability={"name": "X-1", "aliases": ["CVE-2026-1"]}), JUSTIFIED),
    "another spelling": (statement("not_affected", "pkg:pypi/IDNA@3.20.0"), JUSTIFIED),
    "a part of every version of our product": (
        statement("not_affected", "pkg:pypi/Acme_Shop", "pkg:pypi/idna@3.20"),
        JUSTIFIED,
    ),
    "a part of our version, spelt otherwise": (
        statement("not_affected", "pkg:pypi/acme-shop@2.1", "pkg:pypi/idna@3.20"),
        JUSTIFIED,
    ),
    "a part of our product": (statement("not_affected", ROOT, "pkg:pypi/idna@3.20"), JUSTIFIED),
    "a part from our index": (
        statement("not_affected", ROOT, "pkg:pypi/idna@3.20?repository_url=https://private.example/simple"),
        JUSTIFIED,
    ),
}


@pytest.mark.parametrize("case", SUPPRESSING)
def test_what_suppresses(case: str) -> None:
    given_statement, label = SUPPRESSING[case]
    assert waived(openvex(given_statement)) == label
    assert notes(openvex(given_statement)) == []


STANDING: dict[str, dict[str, Any]] = {
    "affected": statement("affected"),
    "under investigation": statement("under_investigation"),
    "no justification": statement(justification=None),
    "an impact statement alone": statement(justification=None, impact_statement="We do not call it."),
    "another version": statement("not_affected", "pkg:pypi/idna@3.21"),
    "no version": statement("not_affected", "pkg:pypi/idna"),
    "another package": statement("not_affected", "pkg:pypi/idnb@3.20"),
    "another type": statement("not_affected", "pkg:npm/idna@3.20"),
    "one file of it": statement("not_affected", "pkg:pypi/idna@3.20?file_name=idna.whl"),
    "another index's": statement("not_affected", "pkg:pypi/idna@3.20?repository_url=https://private.example"),
    "another vulnerability": statement(vulnerability={"name": "CVE-2026-2"}),
    "a part of another product": statement("not_affected", "pkg:pypi/other@1.0", "pkg:pypi/idna@3.20"),
    "a part of another version of us": statement("not_affected", "pkg:pypi/acme-shop@2.0.0", "pkg:pypi/idna@3.20"),
    "a part of it": statement("not_affected", "pkg:pypi/idna@3.20", "pkg:generic/libidn@1"),
    "our product as a whole": statement("not_affected", ROOT),
    "no product": statement(products=None),
    "a part of our name in another ecosystem": statement("not_affected", "pkg:npm/acme-shop", "pkg:pypi/idna@3.20"),
    "a part of our name on another index": statement(
        "not_affected", "pkg:pypi/acme-shop?repository_url=https://x.example", "pkg:pypi/idna@3.20"
    ),
    "a part without a version of our product": statement("not_affected", "pkg:pypi/acme-shop", "pkg:pypi/idna"),
    "a part of us by two names": statement(
        products=[
            {
                "@id": "pkg:pypi/acme-shop@1.0",
                "identifiers": {"purl": "pkg:pypi/acme-shop"},
                "subcomponents": [{"@id": "pkg:pypi/idna@3.20"}],
            }
        ]
    ),
    "of the future": statement(timestamp="2099-01-01T00:00:00Z"),
    "of the future, without a zone": statement(timestamp="2099-01-01T00:00:00"),
    "updated in the future": statement(last_updated="2026-11-28T12:00:01Z"),
    "fixed elsewhere": statement("fixed", "pkg:pypi/idna@3.21"),
}


@pytest.mark.parametrize("case", STANDING)
def test_what_does_not_suppress(case: str) -> None:
    assert waived(openvex(STANDING[case])) == ""


OTHERS = {
    "malware": finding(code="malware.known"),
    "malware in a vulnerability's clothes": finding("idna", "3.20", "CVE-2026-1", "MAL-2026-1"),
    "a hash": finding(code="hash.replaced"),
    "a pin without version": finding("idna", ""),
    "a pin that was not looked at": Finding(
        code="vulnerability.not-examined",
        severity=Severity.INFO,
        message="m",
        next_step="n",
        package="idna",
        version="3.20",
    ),
}


@pytest.mark.parametrize("case", OTHERS)
def test_what_can_never_be_suppressed(case: str) -> None:
    assert waived(openvex(statement(), statement("fixed")), one=OTHERS[case]) == ""


LAST_WORD: dict[str, tuple[list[dict[str, Any]], bool]] = {
    "a later one clears": ([statement("affected", timestamp=EARLIER), statement(timestamp=LATER)], True),
    "whatever the order": ([statement(timestamp=LATER), statement("affected", timestamp=EARLIER)], True),
    "a later one affects": ([statement(timestamp=EARLIER), statement("affected", timestamp=LATER)], False),
    "a later one is undecided": ([statement(), statement("under_investigation", timestamp=LATER)], False),
    "the same moment": ([statement(), statement("affected")], False),
    "no moment that can be ordered": ([statement(timestamp="2026-11-21T00:00:00"), statement("affected")], False),
    "no moment on the other side": ([statement(), statement("affected", timestamp="2020-01-01T00:00:00")], False),
    "a bare word does not contradict": ([statement(), statement(justification=None, timestamp=LATER)], True),
    "a contradiction about another version": (
        [statement(), statement("affected", "pkg:pypi/idna@3.21", timestamp=LATER)],
        True,
    ),
}


@pytest.mark.parametrize("case", LAST_WORD)
def test_the_later_statement_holds_and_doubt_stands(case: str) -> None:
    statements, suppressed = LAST_WORD[case]
    assert bool(waived(openvex(*statements))) is suppressed
    documents = [openvex(one, **{"@id": f"urn:{place}"}) for place, one in enumerate(statements)]
    assert bool(waived(*documents)) is suppressed


def test_a_statement_that_was_updated_is_not_overridden() -> None:
    early = statement("affected", timestamp="2026-11-18T00:00:00Z", last_updated=LATER)
    assert not waived(openvex(statement(timestamp=EARLIER), early))
    assert waived(openvex(statement(timestamp="2026-11-22T00:00:00Z"), early))


def test_a_document_of_the_future_states_nothing() -> None:
    document = openvex(statement(timestamp=EARLIER), timestamp="2099-01-01T00:00:00Z")
    assert not waived(document)
    assert notes(document) == [
        (
            FUTURE,
            (
                "theirs.json (https://theirs.example/vex/1) by Them, digest: 1 of 1 statements are dated "
                "2099-01-01T00:00:00+00:00, which is in the future: CVE-2026-1"
            ),
        )
    ]


def test_the_future_neither_suppresses_nor_contradicts() -> None:
    ahead = statement("affected", timestamp="2099-01-01T00:00:00Z")
    assert waived(openvex(statement(), ahead)) == JUSTIFIED
    assert not waived(openvex(statement(timestamp="2099-01-01T00:00:00Z"), statement("affected", timestamp=LATER)))


def test_a_document_by_an_unknown_author_is_named_with_what_it_is_about() -> None:
    trust = VexTrust(problem="is not signed", step="Add it.")
    document = msgspec.structs.replace(
        openvex(statement(), statement("fixed", "pkg:pypi/b@1")), trust=trust, sha256="ab"
    )
    [note] = [found for found in apply_vex([FINDING], [document], now=NOW) if found.code != FINDING.code]
    assert (note.code, note.severity, note.next_step) == (UNKNOWN_AUTHOR, Severity.INFO, "Add it.")
    assert note.message == (
        "theirs.json (https://theirs.example/vex/1, sha256:ab) by Them is not signed: 2 statements do not count; "
        "open findings that it is about: idna 3.20"
    )


def test_each_reason_has_a_next_step_of_its_own() -> None:
    document = openvex(
        statement("not_affected", "pkg:npm/idna@3.20"),
        statement("not_affected", "pkg:pypi/idna"),
        statement("not_affected", "pkg:pypi/idna@3.20?file_name=idna.whl"),
        statement("not_affected", "pkg:pypi/other@1.0", "pkg:pypi/idna@3.20"),
        statement(products=None),
        statement(timestamp="2099-01-01T00:00:00Z"),
        statement("fixed", "pkg:pypi/absent@1"),
    )
    found = [each for each in apply_vex([FINDING], [document], now=NOW) if each.code != FINDING.code]
    assert len({each.next_step for each in found}) == len(found) == 7


def test_a_waived_finding_keeps_its_waiver() -> None:
    one = finding(waived_by="CVE-2026-1, ann, until 2026-12-31")
    assert waived(openvex(statement()), one=one) == one.waived_by


def test_what_cannot_be_used_is_told() -> None:
    document = openvex(
        statement(justification=None),
        statement("not_affected", "pkg:pypi/other@1.0", "pkg:pypi/idna@3.20"),
        statement("not_affected", "pkg:pypi/idna"),
        *(
            statement("fixed", f"pkg:pypi/absent@{number}", vulnerability={"name": f"CVE-{number}"})
            for number in range(5)
        ),
        statement(products=None),
    )
    head = "theirs.json (https://theirs.example/vex/1)"
    assert sorted(notes(document)) == [
        (
            UNJUSTIFIED,
            f"{head} states that idna 3.20 is not affected by CVE-2026-1, without a justification: the finding stays open",
        ),
        (UNMATCHED, f"{head} by Them, digest: 1 of 9 statements are about a component of another product: CVE-2026-1"),
        (UNMATCHED, f"{head} by Them, digest: 1 of 9 statements name no exact version: CVE-2026-1"),
        (UNMATCHED, f"{head} by Them, digest: 1 of 9 statements name no product: CVE-2026-1"),
        (UNMATCHED, f"{head} by Them, digest: 5 of 9 statements match no finding: CVE-0, CVE-1, CVE-2 and 2 more"),
    ]
    told = [one for one in apply_vex([FINDING], [document], now=NOW) if one.code.startswith("vex.")]
    assert {one.severity for one in told} == {Severity.INFO}
    assert all(one.next_step and not one.waived_by for one in told)


PACKAGES = ("idna", "a.b", "zlib_ng")
IDS = ("CVE-1", "CVE-2", "GHSA-3", "PYSEC-4")
STATEMENTS = st.builds(
    lambda status, package, version, name, moment, justified: statement(
        status,
        f"pkg:pypi/{package}@{version}",
        vulnerability={"name": name},
        timestamp=moment,
        **({} if justified else {"justification": None}),
    ),
    st.sampled_from(["not_affected", "affected", "fixed", "under_investigation"]),
    st.sampled_from(PACKAGES),
    st.sampled_from(["1.0", "2.0"]),
    st.sampled_from(IDS),
    st.sampled_from([EARLIER, LATER, None]),
    st.booleans(),
)
FINDINGS = st.lists(
    st.builds(
        lambda package, version, names: finding(package, version, *names),
        st.sampled_from(["idna", "a-b", "zlib-ng"]),
        st.sampled_from(["1.0", "2.0"]),
        st.lists(st.sampled_from(IDS), min_size=1, max_size=3, unique=True),
    ),
    max_size=6,
    unique_by=lambda one: (one.package, one.version, one.aliases),
)


def _standing(findings: list[Finding], *documents: VexDocument) -> set[Finding]:
    return {one for one in apply_vex(findings, documents, now=NOW) if one in findings}


@given(findings=FINDINGS, statements=st.lists(STATEMENTS, max_size=5), extra=STATEMENTS)
@settings(derandomize=True, max_examples=200, deadline=None)
def test_properties(findings: list[Finding], statements: list[dict[str, Any]], extra: dict[str, Any]) -> None:
    before = _standing(findings, openvex(*statements))
    # None is dropped, whatever is stated.
    kept = [one for one in apply_vex(findings, [openvex(*statements)], now=NOW) if not one.code.startswith("vex.")]
    assert sorted((one.package, one.version, one.aliases) for one in kept) == sorted(
        (one.package, one.version, one.aliases) for one in findings
    )
    # The order of statements and documents does not matter.
    assert before == _standing(findings, *(openvex(one) for one in reversed(statements)))
    # A document by an author that is not listed changes nothing.
    unknown = msgspec.structs.replace(openvex(extra), trust=VexTrust())
    assert before == _standing(findings, openvex(*statements), unknown)
    # One more that does not suppress never suppresses.
    if extra["status"] in ("affected", "under_investigation"):
        assert before <= _standing(findings, openvex(*statements, extra))
    # What is suppressed is of that package, version and id.
    name = extra["vulnerability"]["name"]
    product = extra["products"][0]["@id"].removeprefix("pkg:pypi/").replace("_", "-").replace(".b", "-b")
    for one in before - _standing(findings, openvex(*statements, extra)):
        assert f"{one.package}@{one.version}" == product
        assert name in one.aliases
