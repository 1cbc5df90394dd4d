from __future__ import annotations

import pytest

from ops.supply_chain.contracts.config.publishers import PublishersConfig
from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.attestation import AttestationRequest, AttestationStatus, FileAttestation
from ops.supply_chain.contracts.values.lock import Lock, LockEntry, LockKind, Pin, PinFile, PinSource, PinSourceKind
from ops.supply_chain.contracts.values.publisher import AttestedPackage, AttestedPublisher, Publisher
from ops.supply_chain.dependencies.publishers.collect import (
    NO_JSON_REASON,
    Observations,
    counts_of,
    examined_pins,
    findings_of,
    has_any,
    not_examined,
)
from ops.supply_chain.dependencies.publishers.requests import ProjectLocks, attestation_request, requests_for

A, B = "a" * 64, "b" * 64
PRIVATE = PinSource(kind=PinSourceKind.INDEX, url="https://private.example/simple/")
GIT = PinSource(kind=PinSourceKind.VCS, url="https://example.org/x", vcs="git", commit="c" * 40)
NOBODY = Publisher(author="", author_email="", home_page="", maintainer="", maintainer_email="", project_urls={})
US = AttestedPublisher(kind="GitHub", identity={"repository": "us/x"})
RECORD = AttestedPackage(publishers=(US,), every_file=True, versions=("1.0",))


def pin(name: str, *digests: str, version: str = "1.0", **more: object) -> Pin:
    hashes = tuple(f"sha256:{digest}" for digest in digests or (A,))
    return Pin(name=name, written_name=name, version=version, hashes=hashes, **more)  # type: ignore[arg-type]


def lock(path: str, *pins: Pin, direct: bool = True) -> Lock:
    entries = tuple(LockEntry(pin=one, line=line, path=path, direct=direct) for line, one in enumerate(pins, 3))
    return Lock(path=path, kind=LockKind.REQUIREMENTS, sha256="0" * 64, size=1, entries=entries)


def view(*locks: Lock, baseline: PublisherBaseline | None = None, attestations: bool = True) -> ProjectLocks:
    return ProjectLocks(locks, {one.path: baseline for one in locks}, PublishersConfig(attestations=attestations))


def default(index: str) -> bool:
    return index in ("", "https://pypi.org/simple")


def files(*states: AttestationStatus) -> tuple[FileAttestation, ...]:
    return tuple(
        FileAttestation(
            filename=f"{place}.whl",
            state=state,
            publishers=(US,) if state is AttestationStatus.ATTESTED else (),
            reason="no answer in time" if state is AttestationStatus.NOT_EXAMINED else "",
            remedy="Wait." if state is AttestationStatus.NOT_EXAMINED else "",
        )
        for place, state in enumerate(states)
    )


QUESTIONS: dict[str, tuple[Pin, AttestationRequest | str]] = {
    "hashes": (pin("a", A, B), AttestationRequest(index="", project="a", version="1.0", digests=(A, B))),
    "an index": (
        pin("a", source=PRIVATE),
        AttestationRequest(index=PRIVATE.url, project="a", version="1.0", digests=(A,)),
    ),
    "named files": (
        pin("a", files=(PinFile(hashes=(f"sha256:{A}",), name="a.whl"), PinFile(hashes=(f"sha256:{B}",)))),
        AttestationRequest(index="", project="a", version="1.0", digests=(A,), named=((A, "a.whl"),)),
    ),
    "no version": (pin("a", version=""), "the lock has no exact version of it"),
    "no hash": (
        Pin(name="a", written_name="a", version="1", hashes=()),
        "the lock has no SHA-256 of its files",
    ),
    "another hash": (
        Pin(name="a", written_name="a", version="1", hashes=("sha512:" + "c" * 128,)),
        "the lock has no SHA-256 of its files",
    ),
}


@pytest.mark.parametrize(("one", "expected"), QUESTIONS.values(), ids=QUESTIONS)
def test_what_is_asked_of_a_pin(one: Pin, expected: AttestationRequest | str) -> None:
    assert attestation_request(one) == expected


def test_a_pin_in_many_locks_is_asked_for_once() -> None:
    many = view(*(lock(f"{n}/requirements.txt", pin("a"), pin("b")) for n in range(50)))
    requests = requests_for(many, default)
    assert len(set(requests.attestations.values())) == 2
    assert requests.names == {"a", "b"}


def test_the_public_index_spelt_out_is_the_default_one() -> None:
    spelt = pin("a", source=PinSource(kind=PinSourceKind.INDEX, url="https://pypi.org/simple"))
    requests = requests_for(view(lock("x", spelt), lock("y", pin("a"))), default)
    assert {one.index for one in requests.attestations.values()} == {""}
    assert (set(requests.names), set(requests.elsewhere)) == ({"a"}, set())


def test_a_name_of_another_index_is_never_asked_of_the_configured_one() -> None:
    requests = requests_for(view(lock("x", pin("private-thing", source=PRIVATE))), default)
    assert (set(requests.names), set(requests.elsewhere)) == (set(), {"private-thing"})
    [gap] = [one for one in not_examined(requests, Observations({}, {})) if NO_JSON_REASON in one.message]
    assert gap.message == (
        f"could not fetch publishers of 1 project on other indexes (private-thing): {NO_JSON_REASON}"
    )


def test_what_nobody_publishes_is_out_of_scope() -> None:
    requests = requests_for(view(lock("x", pin("a", source=GIT), pin("own", local=True))), default)
    assert (requests.attestations, requests.names, len(requests.out_of_scope)) == ({}, frozenset(), 2)


def test_findings_stand_at_each_line() -> None:
    baseline = PublisherBaseline(direct_deps={"a": NOBODY}, attested={"a": RECORD})
    many = view(lock("x", pin("b"), pin("a")), lock("y", pin("a")), baseline=baseline)
    requests = requests_for(many, default)
    observed = Observations(
        {"a": NOBODY, "b": None}, {one: files(AttestationStatus.UNATTESTED) for one in requests.attestations.values()}
    )
    found = [one for one in findings_of(many, requests, observed) if one.code == "publisher.attestation-lost"]
    assert [(one.path, one.line, one.package) for one in found] == [("x", 4, "a"), ("y", 3, "a")]


def test_a_lock_is_held_against_its_own_baseline() -> None:
    locks = (lock("x", pin("a"), direct=False), lock("y", pin("a"), direct=False))
    known = PublisherBaseline(direct_deps={}, attested={"a": RECORD})
    two = ProjectLocks(locks, {"x": known, "y": None}, PublishersConfig())
    requests = requests_for(two, default)
    observed = Observations({}, {one: files(AttestationStatus.ATTESTED) for one in requests.attestations.values()})
    assert [(one.code, one.path) for one in findings_of(two, requests, observed)] == [("publisher.gained", "y")]


class TestGaps:
    WHOLE = view(lock("x", *(pin(f"p{n}") for n in range(7)), pin("q", version="")))

    def test_all_that_was_not_had_is_named_with_what_to_do(self) -> None:
        requests = requests_for(self.WHOLE, default)
        observed = Observations(
            {},
            {one: files(AttestationStatus.NOT_EXAMINED) for one in requests.attestations.values()},
            "index: refused",
            "Look.",
        )
        assert [
            (one.code, one.severity.value, one.message, one.next_step) for one in not_examined(requests, observed)
        ] == [
            (
                "publisher.not-examined",
                "info",
                "could not fetch publishers of 8 of 8 projects (p0, p1, p2, p3, p4 and 3 more): index: refused",
                "Look.",
            ),
            (
                "publisher.not-examined",
                "info",
                (
                    "could not fetch attestations of 7 of 7 pins (p0 1.0, p1 1.0, p2 1.0, p3 1.0, p4 1.0 and 2 more): "
                    "no answer in time"
                ),
                "Wait.",
            ),
            (
                "publisher.not-examined",
                "info",
                "could not fetch attestations of 1 pin (q): the lock has no exact version of it",
                "Run nox -s lock, so that each is pinned with hashes.",
            ),
        ]
        assert not has_any(observed)
        assert examined_pins(requests, observed) == frozenset()

    def test_one_file_that_was_not_looked_at_makes_its_pin_not_examined(self) -> None:
        whole = view(lock("x", pin("a", A, B), direct=False))
        requests = requests_for(whole, default)
        [request] = requests.attestations.values()
        half = Observations({}, {request: files(AttestationStatus.ATTESTED, AttestationStatus.NOT_EXAMINED)})
        assert has_any(half)
        assert examined_pins(requests, half) == frozenset()
        assert len(not_examined(requests, half)) == 1

    def test_a_pin_of_which_no_file_was_answered_for_is_not_examined(self) -> None:
        requests = requests_for(view(lock("x", pin("a"), direct=False)), default)
        assert len(not_examined(requests, Observations({}, {}))) == 1

    def test_an_invalid_attestation_was_looked_at(self) -> None:
        requests = requests_for(view(lock("x", pin("a"), direct=False)), default)
        observed = Observations({}, {one: files(AttestationStatus.INVALID) for one in requests.attestations.values()})
        assert not_examined(requests, observed) == ()
        assert len(examined_pins(requests, observed)) == 1


def test_counts_are_of_distinct_things() -> None:
    whole = view(
        lock("x", pin("a", A, B), pin("b"), pin("g", source=GIT)),
        lock("y", pin("a", A, B, marker="os_name == 'nt'"), pin("c", version="")),
    )
    requests = requests_for(whole, default)
    attested_pins = {
        one: files(AttestationStatus.ATTESTED, AttestationStatus.UNATTESTED)
        if one.project == "a"
        else files(AttestationStatus.NOT_EXAMINED)
        for one in requests.attestations.values()
    }
    observed = Observations({"a": NOBODY, "b": NOBODY}, attested_pins)
    assert counts_of([(whole, requests, observed), (whole, requests, observed)]) == {
        "locks": 4,
        "locked": 3,
        "examined": 1,
        "out_of_scope": 1,
        "direct": 3,
        "direct_examined": 2,
        "files": 3,
        "files_examined": 2,
        "attested": 1,
    }


def test_attestations_that_are_declared_not_to_be_there_are_not_asked_for() -> None:
    whole = view(lock("x", pin("a")), lock("y", pin("b"), direct=False), attestations=False)
    requests = requests_for(whole, default)
    assert (requests.attestations, requests.unusable) == ({}, {})
    counts = counts_of([(whole, requests, Observations({"a": NOBODY}, {}))])
    assert (counts["locked"], counts["examined"], counts["out_of_scope"]) == (1, 1, 1)
