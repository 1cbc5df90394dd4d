from __future__ import annotations

import pytest

from ops.supply_chain.contracts.config.publishers import PublishersConfig
from ops.supply_chain.contracts.values.attestation import AttestationStatus, FileAttestation
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.contracts.values.publisher import AttestedPackage, AttestedPublisher
from ops.supply_chain.dependencies.publishers.attested import AttestedPin, compare_attestations, entry_of, is_same

CONFIG = PublishersConfig()


def who(repository: str = "o/r", **more: str) -> AttestedPublisher:
    return AttestedPublisher(kind="GitHub", identity={"repository": repository, **more})


def good(name: str = "a.whl", *publishers: AttestedPublisher) -> FileAttestation:
    return FileAttestation(filename=name, state=AttestationStatus.ATTESTED, publishers=publishers or (who(),))


NONE = FileAttestation(filename="n.whl", state=AttestationStatus.UNATTESTED)
BAD = FileAttestation(filename="b.whl", state=AttestationStatus.INVALID, reason="Signature is invalid for input")
UNSEEN = FileAttestation(
    filename="u.whl", state=AttestationStatus.NOT_EXAMINED, reason="no answer in time", remedy="Wait."
)
RECORD = AttestedPackage(publishers=(who(),), every_file=True, versions=("0.9",))
PARTIAL = AttestedPackage(publishers=(who(),), every_file=False, versions=("0.9",))


def pin(*files: FileAttestation) -> AttestedPin:
    return AttestedPin("demo", "1.0", files)


CASES: dict[str, tuple[tuple[FileAttestation, ...], AttestedPackage | None, list[str]]] = {
    "the recorded publisher": ((good(),), RECORD, []),
    "another publisher": ((good("a.whl", who("e/vil")),), RECORD, ["changed"]),
    "another publisher beside the recorded one": ((good(), good("b.whl", who("e/vil"))), RECORD, ["changed"]),
    "two publishers of one file, one unknown": ((good("a.whl", who(), who("e/vil")),), RECORD, ["changed"]),
    "two unknown publishers": ((good("a.whl", who("x/y"), who("e/vil")),), RECORD, ["changed", "changed"]),
    "no attestation any more": ((NONE,), RECORD, ["attestation-lost"]),
    "one file without": ((good(), NONE), RECORD, ["attestation-lost"]),
    "one file without, as when it was recorded": ((good(), NONE), PARTIAL, []),
    "none at all, though not all had one": ((NONE, NONE), PARTIAL, ["attestation-lost"]),
    "one invalid": ((good(), BAD), RECORD, ["attestation-invalid"]),
    "one invalid, never recorded": ((BAD,), None, ["attestation-invalid"]),
    "invalid, changed and lost": (
        (BAD, good("a.whl", who("e/vil")), NONE),
        RECORD,
        ["attestation-invalid", "changed", "attestation-lost"],
    ),
    "attested, never recorded": ((good(),), None, ["gained"]),
    "not attested, never recorded": ((NONE,), None, []),
    "not examined": ((UNSEEN,), RECORD, []),
    "not examined, the rest without": ((UNSEEN, NONE), PARTIAL, []),
    "not examined, one without that had one": ((UNSEEN, NONE), RECORD, ["attestation-lost"]),
    "nothing": ((), RECORD, []),
}


@pytest.mark.parametrize(("files", "recorded", "facts"), CASES.values(), ids=CASES)
def test_what_is_found(files: tuple[FileAttestation, ...], recorded: AttestedPackage | None, facts: list[str]) -> None:
    found = compare_attestations(pin(*files), recorded, CONFIG)
    assert [one.code for one in found] == [f"publisher.{fact}" for fact in facts]
    assert all((one.package, one.version, one.path) == ("demo", "1.0", "") for one in found)


def one_of(*files: FileAttestation, recorded: AttestedPackage | None) -> tuple[Severity, str, str]:
    [found] = compare_attestations(pin(*files), recorded, CONFIG)
    return found.severity, found.message, found.next_step


def test_changed_says_from_whom_to_whom() -> None:
    assert one_of(good("a.whl", who("e/vil", workflow="x.yml", environment="")), recorded=RECORD) == (
        Severity.HIGH,
        (
            "demo 1.0: expected to be published by GitHub (repository o/r), "
            "found GitHub (repository e/vil, workflow x.yml)"
        ),
        "Find out whether the project moved; if the change is legitimate, run nox -s check_publishers -- --record --accept demo.",
    )


def test_lost_says_of_which_files() -> None:
    assert one_of(good(), NONE, recorded=RECORD) == (
        Severity.HIGH,
        "demo 1.0: expected attestations as for 0.9, found none for 1 of 2 files, first n.whl",
        "Find out why demo is no longer attested; if the change is legitimate, run nox -s check_publishers -- --record --accept demo.",
    )


def test_invalid_says_why() -> None:
    assert one_of(BAD, recorded=None) == (
        Severity.CRITICAL,
        "demo 1.0: expected a valid attestation of b.whl, found that Signature is invalid for input",
        "Do not install demo 1.0; ask its publisher, and check that the trusted root is current.",
    )


def test_gained_is_news_and_no_fault() -> None:
    assert one_of(good(), recorded=None) == (
        Severity.INFO,
        "demo 1.0: is attested by GitHub (repository o/r), which the baseline does not record yet",
        "Run nox -s check_publishers -- --record and commit the result, so that a later change is noticed.",
    )


def test_severities_are_configured() -> None:
    config = PublishersConfig(
        publisher_changed=Severity.LOW, attestation_lost=Severity.MEDIUM, attestation_invalid=Severity.HIGH
    )
    found = compare_attestations(pin(BAD, good("a.whl", who("e/vil")), NONE), RECORD, config)
    assert [one.severity for one in found] == [Severity.HIGH, Severity.LOW, Severity.MEDIUM]


SAME = {
    "equal": (who(workflow="w"), who(workflow="w"), True),
    "more is known now": (who(), who(workflow="w", owner_id="7"), True),
    "less is known now": (who(owner_id="7"), who(), False),
    "the name in other hands": (who(owner_id="7"), who(owner_id="8"), False),
    "an environment where there was none": (who(environment=""), who(environment="x"), False),
    "another kind": (AttestedPublisher(kind="GitLab", identity={"repository": "o/r"}), who(), False),
}


@pytest.mark.parametrize(("recorded", "now", "same"), SAME.values(), ids=SAME)
def test_who_is_the_same(recorded: AttestedPublisher, now: AttestedPublisher, *, same: bool) -> None:
    assert is_same(recorded, now) is same


ENTRIES: dict[str, tuple[list[AttestedPin], AttestedPackage | None]] = {
    "attested": (
        [pin(good(), good("b.whl"))],
        AttestedPackage(publishers=(who(),), every_file=True, versions=("1.0",)),
    ),
    "in part": ([pin(good(), NONE)], AttestedPackage(publishers=(who(),), every_file=False, versions=("1.0",))),
    "by two": (
        [pin(good("a.whl", who("z/z")), good("b.whl", who("a/a")))],
        AttestedPackage(publishers=(who("a/a"), who("z/z")), every_file=True, versions=("1.0",)),
    ),
    "two versions": (
        [pin(good()), AttestedPin("demo", "0.5", (NONE,))],
        AttestedPackage(publishers=(who(),), every_file=False, versions=("0.5", "1.0")),
    ),
    "not attested": ([pin(NONE)], None),
    "invalid": ([pin(good(), BAD)], None),
    "not examined": ([pin(good(), UNSEEN)], None),
    "no files": ([pin()], None),
    "one version not examined": ([pin(good()), AttestedPin("demo", "0.5", (UNSEEN,))], None),
}


@pytest.mark.parametrize(("pins", "entry"), ENTRIES.values(), ids=ENTRIES)
def test_what_may_be_recorded(pins: list[AttestedPin], entry: AttestedPackage | None) -> None:
    assert entry_of(pins) == entry


@pytest.mark.parametrize("case", [name for name, (files, _, _) in CASES.items() if files])
def test_what_was_recorded_is_found_unchanged(case: str) -> None:
    """Recording and judging agree: what is recorded of a state has no finding in that state."""
    attested_pins = pin(*CASES[case][0])
    entry = entry_of([attested_pins])
    if entry is not None:
        assert compare_attestations(attested_pins, entry, CONFIG) == ()
