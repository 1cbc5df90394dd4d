from __future__ import annotations

import pytest

from ops.supply_chain.contracts.config.publishers import PublishersConfig
from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.attestation import FileAttestation, Looked, PinQuestion
from ops.supply_chain.contracts.values.lock import Lock, LockEntry, LockKind, Pin, PinFile, PinSource, PinSourceKind
from ops.supply_chain.contracts.values.publisher import AttestedPackage, AttestedPublisher, Publisher
from ops.supply_chain.dependencies.publishers.questions import question_of
from ops.supply_chain.dependencies.publishers.survey import (
    NO_JSON_REASON,
    Seen,
    View,
    answered,
    examined_pins,
    gaps,
    judge,
    wants_of,
)
from ops.supply_chain.dependencies.publishers.tally import counts_of

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


def view(*locks: Lock, baseline: PublisherBaseline | None = None, attestations: bool = True) -> View:
    return View(locks, {one.path: baseline for one in locks}, PublishersConfig(attestations=attestations))


def default(index: str) -> bool:
    return index in ("", "https://pypi.org/simple")


def files(*states: Looked) -> tuple[FileAttestation, ...]:
    return tuple(
        FileAttestation(
            filename=f"{place}.whl",
            state=state,
            publishers=(US,) if state is Looked.ATTESTED else (),
            reason="no answer in time" if state is Looked.NOT_EXAMINED else "",
            remedy="Wait." if state is Looked.NOT_EXAMINED else "",
        )
        for place, state in enumerate(states)
    )


QUESTIONS: dict[str, tuple[Pin, PinQuestion | str]] = {
    "hashes": (pin("a", A, B), PinQuestion(index="", project="a", version="1.0", digests=(A, B))),
    "an index": (
        pin("a", source=PRIVATE),
        PinQuestion(index=PRIVATE.url, project="a", version="1.0", digests=(A,)),
    ),
    "named files": (
        pin("a", files=(PinFile(hashes=(f"sha256:{A}",), name="a.whl"), PinFile(hashes=(f"sha256:{B}",)))),
        PinQuestion(index="", project="a", version="1.0", digests=(A,), named=((A, "a.whl"),)),
    ),
    "no version": (pin("a", version=""), "the lock gives it no exact version"),
    "no hash": (
        Pin(name="a", written_name="a", version="1", hashes=()),
        "the lock gives no SHA-256 of its files",
    ),
    "another hash": (
        Pin(name="a", written_name="a", version="1", hashes=("sha512:" + "c" * 128,)),
        "the lock gives no SHA-256 of its files",
    ),
}


@pytest.mark.parametrize(("one", "question"), QUESTIONS.values(), ids=QUESTIONS)
def test_what_is_asked_of_a_pin(one: Pin, question: PinQuestion | str) -> None:
    assert question_of(one) == question


def test_a_pin_in_many_locks_is_asked_for_once() -> None:
    many = view(*(lock(f"{n}/requirements.txt", pin("a"), pin("b")) for n in range(50)))
    wants = wants_of(many, default)
    assert len(set(wants.questions.values())) == 2
    assert wants.names == {"a", "b"}


def test_the_public_index_spelt_out_is_the_default_one() -> None:
    spelt = pin("a", source=PinSource(kind=PinSourceKind.INDEX, url="https://pypi.org/simple"))
    wants = wants_of(view(lock("x", spelt), lock("y", pin("a"))), default)
    assert {one.index for one in wants.questions.values()} == {""}
    assert (set(wants.names), set(wants.elsewhere)) == ({"a"}, set())


def test_a_name_of_another_index_is_never_asked_of_the_configured_one() -> None:
    wants = wants_of(view(lock("x", pin("private-thing", source=PRIVATE))), default)
    assert (set(wants.names), set(wants.elsewhere)) == (set(), {"private-thing"})
    [gap] = [one for one in gaps(wants, Seen({}, {})) if NO_JSON_REASON in one.message]
    assert gap.message == (
        f"publishers of 1 projects of other indexes could not be had (private-thing): {NO_JSON_REASON}"
    )


def test_what_nobody_publishes_is_out_of_scope() -> None:
    wants = wants_of(view(lock("x", pin("a", source=GIT), pin("own", local=True))), default)
    assert (wants.questions, wants.names, len(wants.out_of_scope)) == ({}, frozenset(), 2)


def test_findings_stand_at_each_line() -> None:
    baseline = PublisherBaseline(direct_deps={"a": NOBODY}, attested={"a": RECORD})
    many = view(lock("x", pin("b"), pin("a")), lock("y", pin("a")), baseline=baseline)
    wants = wants_of(many, default)
    seen = Seen({"a": NOBODY, "b": None}, {one: files(Looked.UNATTESTED) for one in wants.questions.values()})
    found = [one for one in judge(many, wants, seen) if one.code == "publisher.attestation-lost"]
    assert [(one.path, one.line, one.package) for one in found] == [("x", 4, "a"), ("y", 3, "a")]


def test_a_lock_is_held_against_its_own_baseline() -> None:
    locks = (lock("x", pin("a"), direct=False), lock("y", pin("a"), direct=False))
    known = PublisherBaseline(direct_deps={}, attested={"a": RECORD})
    two = View(locks, {"x": known, "y": None}, PublishersConfig())
    wants = wants_of(two, default)
    seen = Seen({}, {one: files(Looked.ATTESTED) for one in wants.questions.values()})
    assert [(one.code, one.path) for one in judge(two, wants, seen)] == [("publisher.gained", "y")]


class TestGaps:
    WHOLE = view(lock("x", *(pin(f"p{n}") for n in range(7)), pin("q", version="")))

    def test_all_that_was_not_had_is_named_with_what_to_do(self) -> None:
        wants = wants_of(self.WHOLE, default)
        seen = Seen(
            {}, {one: files(Looked.NOT_EXAMINED) for one in wants.questions.values()}, "index: refused", "Look."
        )
        assert [(one.code, one.severity.value, one.message, one.next_step) for one in gaps(wants, seen)] == [
            (
                "publisher.not-examined",
                "info",
                "publishers of 8 of 8 projects could not be had (p0, p1, p2, p3, p4 and 3 more): index: refused",
                "Look.",
            ),
            (
                "publisher.not-examined",
                "info",
                (
                    "attestations of 7 of 7 pins could not be had (p0 1.0, p1 1.0, p2 1.0, p3 1.0, p4 1.0 and 2 more): "
                    "no answer in time"
                ),
                "Wait.",
            ),
            (
                "publisher.not-examined",
                "info",
                "attestations of 1 pins could not be had (q): the lock gives it no exact version",
                "Run nox -s lock, so that each is pinned with hashes.",
            ),
        ]
        assert not answered(seen)
        assert examined_pins(wants, seen) == frozenset()

    def test_one_file_that_was_not_looked_at_makes_its_pin_not_examined(self) -> None:
        whole = view(lock("x", pin("a", A, B), direct=False))
        wants = wants_of(whole, default)
        [question] = wants.questions.values()
        half = Seen({}, {question: files(Looked.ATTESTED, Looked.NOT_EXAMINED)})
        assert answered(half)
        assert examined_pins(wants, half) == frozenset()
        assert len(gaps(wants, half)) == 1

    def test_a_pin_of_which_no_file_was_answered_for_is_not_examined(self) -> None:
        wants = wants_of(view(lock("x", pin("a"), direct=False)), default)
        assert len(gaps(wants, Seen({}, {}))) == 1

    def test_an_invalid_attestation_was_looked_at(self) -> None:
        wants = wants_of(view(lock("x", pin("a"), direct=False)), default)
        seen = Seen({}, {one: files(Looked.INVALID) for one in wants.questions.values()})
        assert gaps(wants, seen) == ()
        assert len(examined_pins(wants, seen)) == 1


def test_counts_are_of_distinct_things() -> None:
    whole = view(
        lock("x", pin("a", A, B), pin("b"), pin("g", source=GIT)),
        lock("y", pin("a", A, B, marker="os_name == 'nt'"), pin("c", version="")),
    )
    wants = wants_of(whole, default)
    looked = {
        one: files(Looked.ATTESTED, Looked.UNATTESTED) if one.project == "a" else files(Looked.NOT_EXAMINED)
        for one in wants.questions.values()
    }
    seen = Seen({"a": NOBODY, "b": NOBODY}, looked)
    assert counts_of([(whole, wants, seen), (whole, wants, seen)]) == {
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
    wants = wants_of(whole, default)
    assert (wants.questions, wants.broken) == ({}, {})
    counts = counts_of([(whole, wants, Seen({"a": NOBODY}, {}))])
    assert (counts["locked"], counts["examined"], counts["out_of_scope"]) == (1, 1, 1)
