"""Each kind of thing under review, on each side of its day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pytest

from ops.supply_chain.assurance.policy.consent import entry_problem
from ops.supply_chain.assurance.review.expiries import (
    WaiverUnderReview,
    contact_items,
    identity_items,
    retention_items,
    waiver_items,
)
from ops.supply_chain.assurance.review.locks import baseline_items, lock_items
from ops.supply_chain.assurance.review.settings import settings_items
from ops.supply_chain.assurance.review.weakened import weakened_items
from ops.supply_chain.assurance.review.window import ReviewWindow
from ops.supply_chain.contracts.config.file import parse_config
from ops.supply_chain.contracts.config.policy import WeakenedSetting
from ops.supply_chain.contracts.files.manifest import HeldRelease, Manifest
from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.files.review import ReviewItem
from ops.supply_chain.contracts.values.lock import Lock, LockEntry, LockKind, Pin
from ops.supply_chain.contracts.values.publisher import AttestedPackage, Publisher

TODAY = date(2026, 11, 21)
HORIZON = ReviewWindow(TODAY, 30)
NOBODY = Publisher(author="", author_email="", home_page="", maintainer="", maintainer_email="", project_urls={})


def shown(items: list[ReviewItem]) -> list[str]:
    assert all(bool(item.next_step) != (item.standing == "listed") for item in items), items
    return [f"{item.standing} {item.subject}: {item.message}" for item in items]


def waiver(ends: date, begins: date = date(2026, 1, 1)) -> WaiverUnderReview:
    return WaiverUnderReview("waivers[0]", "CVE-1", "idna", "ann", "not reached", begins, ends)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (waiver(date(2026, 11, 20)), "overdue waivers[0] CVE-1: expired 1 day ago, on 2026-11-20 for idna, owner ann: not reached"),
        (waiver(TODAY), "due waivers[0] CVE-1: expires today, 2026-11-21 for idna, owner ann: not reached"),
        (waiver(date(2026, 12, 21)), "due waivers[0] CVE-1: expires in 30 days, on 2026-12-21 for idna, owner ann: not reached"),
        (waiver(date(2026, 12, 22)), "listed waivers[0] CVE-1: expires in 31 days, on 2026-12-22 for idna, owner ann: not reached"),
        (waiver(date(2027, 1, 1), date(2026, 11, 22)), "open waivers[0] CVE-1: begins on 2026-11-22, which is in the future"),
        (waiver(TODAY)._replace(owner="", package=""), "due waivers[0] CVE-1: expires today, 2026-11-21, without owner: not reached"),
    ],
)  # fmt: skip
def test_a_waiver(one: WaiverUnderReview, expected: str) -> None:
    assert shown(waiver_items([one], [], HORIZON)) == [expected]


def test_a_waiver_that_nobody_understood_is_overdue() -> None:
    assert shown(waiver_items([], ["waivers[1] has no owner"], HORIZON)) == [
        "overdue .security-config.toml: waivers[1] has no owner"
    ]
    assert shown(waiver_items([], [], HORIZON)) == ["listed .security-config.toml: no waiver is configured"]


def identities(*entries: str) -> list[str]:
    text = "".join(f'[[signing.identities]]\nissuer = "i"\n{entry}\n' for entry in entries)
    return shown(identity_items(parse_config(text).signing, HORIZON))


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ('identity = "a"', "open signing.identities[0] a: has no expiry date: issuer i"),
        ('identity = "a"\nrole = "r"\nuntil = "2026-12-01"', "due signing.identities[0] a: expires in 10 days, on 2026-12-01: issuer i, r"),
        ('identity = "a"\nuntil = "2027-12-01"', "listed signing.identities[0] a: expires in 375 days, on 2027-12-01: issuer i"),
        ('identity_regex = "a.*"\nuntil = "2026-11-21"', "due signing.identities[0] expression a.*: expires today, 2026-11-21: issuer i"),
    ],
)  # fmt: skip
def test_an_identity(entry: str, expected: str) -> None:
    assert identities(entry) == [expected]


def test_an_identity_that_ended_is_kept_and_somebody_has_to_follow() -> None:
    ended = "listed signing.identities[0] a: expired 1 day ago, on 2026-11-20: issuer i; kept for what it signed before"
    nobody = "overdue .security-config.toml: no identity is valid today: no one may sign a release"
    assert identities('identity = "a"\nuntil = "2026-11-20"') == [ended, nobody]
    begins = "listed signing.identities[0] a: begins on 2026-11-22: issuer i"
    assert identities('identity = "a"\nfrom = "2026-11-22"') == [begins, nobody]
    follows = identities('identity = "a"\nuntil = "2026-11-20"', 'identity = "b"\nfrom = "2026-11-21"')
    assert follows == [ended, "open signing.identities[1] b: has no expiry date: issuer i"]


def test_no_identity_and_no_signing_are_told() -> None:
    assert identities() == ["open .security-config.toml: no signing identity is configured: no one may sign a release"]
    unsigned = parse_config('[signing]\nmode = "checksums"\n').signing
    assert shown(identity_items(unsigned, HORIZON)) == [
        "open .security-config.toml: [signing].mode is checksums: digests are published and nothing is signed"
    ]


def held(until: str, *problems: str) -> HeldRelease:
    manifest = Manifest(
        schema="manifest/1",
        component="N",
        version="V",
        created="2026-01-01T00:00:00Z",
        retained_at="2026-01-01T00:00:00Z",
        retained_until=until,
        sequence=1,
        previous=None,
        provenance_sha256="0" * 64,
        files=(),
    )
    return HeldRelease(component="N", version="V", manifest=manifest, manifest_sha256="0" * 64, problems=problems)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (held("2026-11-20"), ["open N V: its retention period expired 1 day ago, on 2026-11-20"]),
        (held("2026-12-21"), ["due N V: its retention period expires in 30 days, on 2026-12-21"]),
        (held("2027-12-21"), ["listed N V: its retention period expires in 395 days, on 2027-12-21"]),
        (held("2027-12-21", "V/x: is missing", "V: no"), ["overdue N V: is damaged: V/x: is missing", "overdue N V: is damaged: V: no"]),
        (msgspec.structs.replace(held("2027-12-21", "V: no"), manifest=None), ["overdue N V: is damaged: V: no"]),
    ],
)  # fmt: skip
def test_a_retained_release(one: HeldRelease, expected: list[str]) -> None:
    assert shown(retention_items([one], HORIZON, component="N")) == expected


def test_an_empty_store_is_not_examined() -> None:
    assert shown(retention_items([], HORIZON, component="N")) == ["not-examined N: no release is retained here"]


def pin(name: str, version: str = "1") -> Pin:
    return Pin(name=name, written_name=name, version=version, hashes=())


def lock(*pins: Pin, compiled_at: str = "", direct: bool | None = True) -> Lock:
    entries = tuple(LockEntry(pin=one, line=1, path="r.txt", direct=direct) for one in pins)
    return Lock(
        path="r.txt", kind=LockKind.REQUIREMENTS, sha256="0" * 64, size=1, entries=entries, compiled_at=compiled_at
    )


@pytest.mark.parametrize(
    ("compiled_at", "expected"),
    [
        ("2026-11-11T00:00:00Z", "listed r.txt: includes releases up to 2026-11-11, 10 days ago"),
        ("2026-11-10T23:59:59Z", "open r.txt: includes releases up to 2026-11-10, 11 days ago; more than 10 is old"),
        ("2026-11-22T00:00:00Z", "open r.txt: is from 2026-11-22, which is in the future"),
        ("", "not-examined r.txt: has no `# uv-compiled-at:` line, so its age is unknown"),
        ("soon", "not-examined r.txt: has no `# uv-compiled-at:` line, so its age is unknown"),
    ],
)
def test_the_age_of_a_lock(compiled_at: str, expected: str) -> None:
    assert shown(lock_items([lock(pin("a"), compiled_at=compiled_at)], TODAY, oldest_days=10)) == [expected]


def test_a_lock_that_pins_nothing_needs_no_age() -> None:
    expected = ["listed r.txt: pins nothing, so its age does not matter"]
    assert shown(lock_items([lock()], TODAY, oldest_days=10)) == expected


def test_no_lock_is_not_examined() -> None:
    assert shown(lock_items([], TODAY, oldest_days=10)) == ["not-examined locks: the project has no lock"]


def test_a_baseline_that_describes_another_lock_is_stale() -> None:
    attested = AttestedPackage(publishers=(), every_file=True, versions=("1",))
    baseline = PublisherBaseline(direct_deps={"Old.Name": NOBODY, "kept": NOBODY}, attested={"kept": attested})
    one = lock(pin("kept", "2"), pin("new"))
    assert shown(baseline_items([one], {"r.txt": baseline})) == [
        "open r.txt: 1 direct dependencies without a recorded publisher: new",
        "open r.txt: 1 recorded but no longer locked: old-name",
        "open r.txt: 1 attested when recorded, but locked at another version since: kept",
    ]
    fresh = PublisherBaseline(direct_deps={"Kept": NOBODY, "new": NOBODY})
    assert shown(baseline_items([one], {"r.txt": fresh})) == ["listed r.txt: its baseline matches what is locked"]
    assert shown(baseline_items([one], {})) == ["open r.txt: has no publisher baseline"]
    nothing = "listed baselines: no lock pins anything, so there is no publisher to record"
    assert shown(baseline_items([lock()], {})) == [nothing]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "open s: does not exist"),
        ("Contact: x\n", "overdue s: has 0 Expires fields, expected one"),
        ("Expires: 2027-01-01T00:00:00Z\nexpires: 2028-01-01T00:00:00Z\n", "overdue s: has 2 Expires fields, expected one"),
        ("Expires: tomorrow\n", "overdue s: Expires is 'tomorrow', expected an RFC 3339 timestamp"),
        ("Expires: 2027-01-01T00:00:00\n", "overdue s: Expires is '2027-01-01T00:00:00', expected an RFC 3339 timestamp"),
        ("Expires: 2026-11-21T11:59:59Z\n", "overdue s: expired on 2026-11-21"),
        ("Expires: 2026-11-21T12:00:01Z\r\n", "due s: expires today, 2026-11-21"),
        ("# Expires: 1999-01-01T00:00:00Z\nExpires: 2027-11-21T00:00:00+02:00\n", "listed s: expires in 364 days, on 2027-11-20"),
    ],
)  # fmt: skip
def test_security_txt(text: str | None, expected: str) -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert shown(contact_items("s", text, now, within_days=30)) == [expected]


LOOKS_AWAY = """
[feeds]
osv_snapshot = "osv.zip"
max_file_age_hours = 720
[publishers]
attestations = false
[[publishers.exceptions]]
package = "idna"
reason = "known"
[gate]
fail_on = "high"
[response]
holidays = [2025-12-25]
"""


def test_settings_that_look_away_are_told() -> None:
    assert shown(settings_items(parse_config(LOOKS_AWAY), TODAY)) == [
        "open [feeds]: advisories come from another file or folder than OSV's own feed",
        "open [feeds]: a snapshot of advisories may be 30 days old, more than the default of 7",
        "open [publishers]: attestations is false: publisher attestations are not checked",
        "open [[publishers.exceptions]] idna: publisher findings are accepted without an expiry date: known",
        "open [gate]: fail_on is high: less severe findings pass a gate",
        "open [response]: the last holiday is 2025-12-25: all weekdays after it count as business days",
        "listed [feeds], [gate]: a snapshot may be 7 days old; findings of severity high or above fail a gate",
    ]
    assert [item.standing for item in settings_items(parse_config(""), TODAY)] == ["listed"]


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (("2026-01-01", "2026-11-20"), "overdue policy.weakened[0] gate.fail_on = high: expired on 2026-11-20"),
        (("2026-11-22", "2026-12-20"), "overdue policy.weakened[0] gate.fail_on = high: is dated 2026-11-22, in the future"),
        (("2026-01-01", "soon"), "overdue policy.weakened[0] gate.fail_on = high: has no date and until of the form YYYY-MM-DD"),
        (("2026-01-01", "2026-11-21"), "due policy.weakened[0] gate.fail_on = high: expires today, 2026-11-21: a port"),
        (("2026-01-01", "2026-12-22"), "listed policy.weakened[0] gate.fail_on = high: expires in 31 days, on 2026-12-22: a port"),
    ],
)  # fmt: skip
def test_a_weakened_setting(dates: tuple[str, str], expected: str) -> None:
    entry = WeakenedSetting(setting="gate.fail_on", value="high", reason="a port", date=dates[0], until=dates[1])
    assert shown(weakened_items([(entry, entry_problem(entry, TODAY))], HORIZON)) == [expected]
