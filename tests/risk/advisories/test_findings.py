"""What a finding says, word for word, and what it counts."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ops.supply_chain.contracts.config.response import ClockStart, ResponseConfig
from ops.supply_chain.contracts.files.ledger import Ledger, Sighting, read_ledger
from ops.supply_chain.contracts.values.advisory import Basis, Rating, Status, Vulnerability
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import LockKind
from ops.supply_chain.risk.advisories.findings import FindingBuilder, not_examined
from ops.supply_chain.risk.advisories.pins import Locations
from ops.supply_chain.risk.advisories.response import ResponseClock

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday
WEDNESDAY = int(datetime(2026, 11, 18, tzinfo=UTC).timestamp())
AT = Locations("requirements.txt", 4, ("b/requirements.txt:9",), 7, LockKind.REQUIREMENTS)
HIGH = Rating(severity=Severity.HIGH, counts_as=Severity.HIGH, basis=Basis.GHSA_LABEL)


def vulnerability(**fields: object) -> Vulnerability:
    known = {
        "id": "CVE-1",
        "aliases": ("GHSA-a", "PYSEC-1"),
        "package": "foo",
        "version": "1.0",
        "status": Status.AFFECTED,
        "malware": False,
        "rating": HIGH,
        "fixed": "1.2",
        "records": ("PYSEC-1",),
        "published": WEDNESDAY,
        "summary": "Breaks\x1b[2J",
    }
    return Vulnerability(**{**known, **fields})  # type: ignore[arg-type]


def builder(ledger: Ledger | None = None, **config: object) -> FindingBuilder:
    response = ResponseConfig(**config)  # type: ignore[arg-type]
    return FindingBuilder(ResponseClock(response, now=NOW), ledger or Ledger(), zone=response.zone)


def remembering(day: date, *sightings: Sighting) -> Ledger:
    return read_ledger(Ledger().additions(sightings, today=day), where="l")


def test_a_whole_finding() -> None:
    project_gate = builder()
    assert project_gate.vulnerability(vulnerability(), AT, move_to="1.3") == Finding(
        code="vulnerability.known",
        severity=Severity.HIGH,
        message="foo 1.0 has CVE-1 (GHSA-a, PYSEC-1): Breaks?[2J; severity high (GitHub's label); "
        "due in 8 business days (2026-12-02)",
        next_step="Move foo to 1.3 or later: nox -s lock -- --upgrade-package foo",
        package="foo",
        version="1.0",
        path="requirements.txt",
        line=4,
        aliases=("CVE-1", "GHSA-a", "PYSEC-1"),
        also_at=("b/requirements.txt:9",),
        places=7,
        due="2026-12-02",
    )
    assert (project_gate.new, project_gate.overdue) == (1, 0)
    assert project_gate.sightings == [Sighting("vulnerability.known", "foo", ("CVE-1", "GHSA-a", "PYSEC-1"))]


@pytest.mark.parametrize(
    ("rating", "said"),
    [
        (Rating(severity=Severity.UNKNOWN, counts_as=Severity.HIGH, basis=Basis.ABSENT),
         "severity unknown, counts as high (no record rates it and [[severity]] does not classify it)"),
        (Rating(severity=Severity.UNKNOWN, counts_as=Severity.CRITICAL, basis=Basis.CONFLICTING),
         "severity unknown, counts as critical (the ratings conflict and [[severity]] does not classify it)"),
        (Rating(severity=Severity.LOW, counts_as=Severity.LOW, basis=Basis.CVSS), "severity low (a CVSS vector)"),
    ],
)  # fmt: skip
def test_the_severity_says_on_whose_word(rating: Rating, said: str) -> None:
    found = builder().vulnerability(vulnerability(rating=rating), AT, move_to="")
    assert found.severity is rating.counts_as
    assert said in found.message


@pytest.mark.parametrize(
    ("kind", "fixed", "move_to", "step"),
    [
        (LockKind.UV, "1.2", "1.3", "Move foo to 1.3 or later: uv lock --upgrade-package foo"),
        (LockKind.POETRY, "1.2", "1.3", "Move foo to 1.3 or later: poetry update --lock foo"),
        (LockKind.PDM, "1.2", "1.3", "Move foo to 1.3 or later: pdm update --no-sync foo"),
        (LockKind.PIPFILE, "1.2", "1.3", "Move foo to 1.3 or later: pipenv upgrade foo"),
        (LockKind.PYLOCK, "1.2", "1.3", "Move foo to 1.3 or later, and recompile requirements.txt"),
        (
            LockKind.UV,
            "1.2",
            "",
            "Move foo to 1.2 or later, which fixes this one but not the others: uv lock --upgrade-package foo",
        ),
        (
            LockKind.UV,
            "",
            "1.3",
            (
                "No fixed version is known: remove foo, or accept it in .security-config.toml: [[waivers]] "
                'id = "CVE-1", package = "foo", versions = "==1.0", with reason, owner, date and expires'
            ),
        ),
    ],
)
def test_the_next_step(kind: LockKind, fixed: str, move_to: str, step: str) -> None:
    found = builder().vulnerability(vulnerability(fixed=fixed), AT._replace(kind=kind), move_to=move_to)
    assert found.next_step == step


def test_what_cannot_be_decided_says_why() -> None:
    found = builder().vulnerability(
        vulnerability(status=Status.UNDECIDED, reason="PYSEC-1 does not say"), AT, move_to=""
    )
    assert (found.code, found.severity) == ("vulnerability.undecided", Severity.HIGH)
    assert found.message.startswith("foo 1.0 may have CVE-1 (GHSA-a, PYSEC-1): Breaks?[2J; PYSEC-1 does not say; ")


def test_what_is_settled_is_only_shown() -> None:
    project_gate = builder()
    found = project_gate.vulnerability(vulnerability(status=Status.SETTLED, reason="another says no"), AT, move_to="")
    assert (found.code, found.severity, found.due) == ("vulnerability.settled", Severity.INFO, "")
    assert found.message == "foo 1.0 does not have CVE-1 (GHSA-a, PYSEC-1): another says no"
    assert (project_gate.new, project_gate.sightings) == (0, [])


def test_many_names_are_counted_and_kept() -> None:
    aliases = tuple(f"X-{number}" for number in range(9))
    found = builder().vulnerability(vulnerability(aliases=aliases), AT, move_to="")
    assert "(X-0, X-1, X-2, X-3, X-4, X-5 and 3 more)" in found.message
    assert found.aliases == ("CVE-1", *aliases)


def test_malware_is_critical_and_never_waits() -> None:
    rating = Rating(severity=Severity.CRITICAL, counts_as=Severity.CRITICAL, basis=Basis.MALWARE)
    bad = vulnerability(id="MAL-1", aliases=(), malware=True, rating=rating, status=Status.UNDECIDED, reason="no word")
    found = builder().malware(bad, AT)
    assert (found.code, found.severity, found.due) == ("malware.known", Severity.CRITICAL, "2026-11-23")
    assert found.message == ("foo 1.0 may be malware: MAL-1: Breaks?[2J (no word); due in 1 business day (2026-11-23)")
    assert "is malware" in builder().malware(vulnerability(malware=True, rating=rating), AT).message
    assert (
        "foo 1.0 is malware CVE-1"
        in builder().vulnerability(vulnerability(malware=True, rating=rating), AT, move_to="").message
    )


def test_a_name_alone_is_a_word_of_warning() -> None:
    project_gate = builder()
    found = project_gate.name_only("foo", "1.0", ("MAL-1", "MAL-2"), AT)
    assert (found.code, found.severity) == ("malware.name-only", Severity.INFO)
    assert found.message == "the project foo had malware at other versions than 1.0: MAL-1 and 1 more"
    assert project_gate.new == 1


KNOWN = Sighting("vulnerability.known", "foo", ("GHSA-a",))


def test_the_ledger_starts_the_clock_where_confirmation_does() -> None:
    ledger = remembering(date(2026, 11, 3), KNOWN)
    project_gate = builder(ledger, starts=ClockStart.CONFIRMATION, zone="Pacific/Auckland")
    found = project_gate.vulnerability(vulnerability(), AT, move_to="")
    assert (found.first_seen, found.due) == ("2026-11-03", "2026-11-17")
    assert found.message.endswith("; overdue by 3 business days (was due 2026-11-17)")
    assert (project_gate.new, project_gate.overdue) == (0, 1)
    fresh = builder(starts=ClockStart.CONFIRMATION).vulnerability(vulnerability(), AT, move_to="")
    assert (fresh.first_seen, fresh.due) == ("", "2026-12-04")


def test_the_ledger_does_not_move_a_clock_that_disclosure_started() -> None:
    found = builder(remembering(date(2026, 11, 3), KNOWN)).vulnerability(vulnerability(), AT, move_to="")
    assert (found.first_seen, found.due) == ("2026-11-03", "2026-12-02")


def test_a_level_without_a_deadline_has_none() -> None:
    rating = Rating(severity=Severity.LOW, counts_as=Severity.LOW, basis=Basis.CVSS)
    found = builder().vulnerability(vulnerability(rating=rating), AT, move_to="")
    assert (found.due, found.message[-28:]) == ("", "severity low (a CVSS vector)")


def test_what_was_not_examined_says_why() -> None:
    found = not_examined("vulnerability.not-examined", "foo", "", AT, why="no idea", step="Do.")
    assert (found.severity, found.message) == (Severity.INFO, "foo (no version) was not examined: no idea")
