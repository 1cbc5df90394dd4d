"""What an index serves of a version: verified, absent, bad, or not checked; never accepted because something is missing."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.adapters.index.served import IndexSource, ServedPackages
from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
from ops.supply_chain.adapters.sigstore.trusted_root import embedded_root
from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.contracts.files.package_verification import EvidenceState, PackageVerification
from ops.supply_chain.contracts.files.verification import GivenFile
from ops.supply_chain.contracts.values.attestation import DistributionFile, ProvenanceAnswer
from ops.supply_chain.contracts.values.publisher import AttestedPublisher
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError, UnavailableError, UsageError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.trust.verification.check import BundleChecker, check_release
from ops.supply_chain.gather.trust.verification.index_evidence import ExpectedPublisher, Recorded, file_evidence
from ops.supply_chain.gather.trust.verification.package import (
    PackageRequest,
    VerifiedRelease,
    parse_package,
    requirement_lines,
    verify_package,
)
from ops.supply_chain.rehearsal.claims import GITHUB_ISSUER
from ops.supply_chain.trust.verification import package_report
from tests.fakes import distributions as made
from tests.fakes.index import Ask, FakeFile, FakeIndex, Mood, impatient
from tests.fakes.integrity import FakeIntegrity, provenance
from tests.trust.verification.sealing import sealed
from tests.trust.verification.world import World

WHEEL, DATA = made.WHEEL, made.wheel()
PUBLISH, SLSA = "https://docs.pypi.org/attestations/publish/v1", "https://slsa.dev/provenance/v1"
CLAIM = {"kind": "GitHub", "repository": "acme/small", "workflow": "release.yml"}
REQUEST = PackageRequest(name="demo", version="1.0")
SHORT = Timeouts(connect_seconds=5, read_seconds=5, total_seconds=20, attempts=1, backoff_seconds=0)
ANYONE = ExpectedPublisher(identities=True, exact=True)
VERIFIED, ABSENT, UNCHECKED, BAD = (
    EvidenceState.VERIFIED,
    EvidenceState.ABSENT,
    EvidenceState.UNCHECKED,
    EvidenceState.BAD,
)


def statement(**changes: Any) -> bytes:
    subject = [{"name": WHEEL, "digest": {"sha256": sha256_bytes(DATA)}}]
    whole = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subject,
        "predicateType": PUBLISH,
        "predicate": None,
    }
    return json.dumps({**whole, **changes}).encode()


def as_attestation(bundle: bytes) -> dict[str, Any]:
    """Write a bundle in the form of PEP 740."""
    plain = json.loads(bundle)
    material, envelope = plain["verificationMaterial"], plain["dsseEnvelope"]
    return {
        "version": 1,
        "verification_material": {
            "certificate": material["certificate"]["rawBytes"],
            "transparency_entries": material["tlogEntries"],
        },
        "envelope": {"statement": envelope["payload"], "signature": envelope["signatures"][0]["sig"]},
    }


class Served:
    """An index with one wheel, its Integrity API, and the customer's side of both."""

    def __init__(self, world: World, folder: Path, index: FakeIndex, integrity: FakeIntegrity) -> None:
        self.world, self.folder, self.index, self.integrity = world, folder, index, integrity
        self.file = index.add("demo", FakeFile(WHEEL, DATA, b"", None))
        self.timeouts = SHORT

    def attest(self, *statements: bytes, claim: Any = None, **who: Any) -> None:
        attestations = [as_attestation(self.world.attested(each, **who)) for each in statements or (statement(),)]
        self.integrity.add("demo", "1.0", WHEEL, provenance(attestations, claim or CLAIM))

    @property
    def packages(self) -> ServedPackages:
        source = IndexSource(
            cache=self.folder / "cache",
            url=self.index.url,
            integrity_url=self.integrity.url,
            timeouts=self.timeouts,
        )
        return ServedPackages(source)

    @property
    def out(self) -> Path:
        out = self.folder / "out"
        out.mkdir(exist_ok=True)
        return out

    def verify(
        self,
        expected: ExpectedPublisher = ANYONE,
        *,
        request: PackageRequest = REQUEST,
        release: VerifiedRelease | None = None,
        checker: BundleChecker | None = None,
    ) -> PackageVerification:
        used = checker or self.world.checker
        return verify_package(request, self.packages, expected, used, folder=self.out, release=release)

    def release(self, released: bytes = DATA, **wanted: Any) -> VerifiedRelease:
        """A release of the world with the wheel in it, consistent and unsigned, which is accepted as such."""
        folder = self.folder / "release"
        folder.mkdir(exist_ok=True)
        for name, data in sealed(self.world.first, added={WHEEL: released}).items():
            (folder / name).write_bytes(data)
        expected = replace(self.world.wanted, **{"allow_unsigned": True, **wanted})
        examined = check_release(folder, expected, self.world.checker)
        return VerifiedRelease(folder=folder, verification=examined.verification, sboms={})


@pytest.fixture
def served(world: World, tmp_path: Path) -> Iterator[Served]:
    with FakeIndex() as index, FakeIntegrity() as integrity:
        yield Served(world, tmp_path, index, integrity)


def state_of(found: PackageVerification) -> tuple[EvidenceState, str]:
    [package] = found.packages
    [file] = package.files
    return file.state, "; ".join(file.problems)


@pytest.mark.parametrize("form", ["json", "html", "mislabelled"])
def test_an_attested_file_is_verified(served: Served, form: str) -> None:
    served.index.form = form
    served.attest()
    found = served.verify()
    assert (found.outcome, state_of(found)) == (Outcome.PASS, (VERIFIED, ""))
    assert (served.out / WHEEL).read_bytes() == DATA
    [package] = found.packages
    assert "publish attestation by https://github.com/acme/small/" in package.files[0].proofs[0]
    assert requirement_lines(package) == f"demo==1.0 \\\n    --hash=sha256:{sha256_bytes(DATA)}\n".encode()


def test_both_predicates_of_pep_740_are_taken(served: Served) -> None:
    served.attest(statement(), statement(predicateType=SLSA, predicate={}))
    assert served.verify().outcome is Outcome.PASS


OTHER = {"name": WHEEL, "digest": {"sha256": "0" * 64}}
ANOTHER_NAME = {"name": "other-1.0-py3-none-any.whl", "digest": {"sha256": sha256_bytes(DATA)}}
BAD_STATEMENTS: dict[str, tuple[bytes, str]] = {
    "of other bytes": (statement(subject=[OTHER]), "it is about SHA-256 " + "0" * 64),
    "of another file": (statement(subject=[ANOTHER_NAME]), "it is about other-1.0-py3-none-any.whl, expected "),
    "of several files": (statement(subject=[OTHER, ANOTHER_NAME]), "expected one subject, found 2"),
    "of a file twice": (statement(subject=json.loads(statement())["subject"] * 2), "expected one subject, found 2"),
    "of no file": (statement(subject=[]), "expected one subject, found 0"),
    "of another predicate": (statement(predicateType="urn:x"), "its predicate type urn:x is not defined by PEP 740"),
    "of another type": (statement(_type="urn:x"), "expected a statement of type "),
    "without a publication": (statement(predicateType=SLSA, predicate={}), "none of its attestations says that it was"),
    "without a digest": (statement(subject=[{"name": WHEEL, "digest": {}}]), "it is about SHA-256 none"),
    "without subjects": (json.dumps({"_type": "x"}).encode(), "its statement is malformed"),
    "that is no statement": (b"[]", "its statement is malformed"),
}


@pytest.mark.parametrize("name", BAD_STATEMENTS)
def test_a_signed_statement_that_is_not_exactly_about_the_file_is_bad(served: Served, name: str) -> None:
    text, expected = BAD_STATEMENTS[name]
    served.attest(text)
    state, problem = state_of(served.verify())
    assert state is BAD
    assert expected in problem


def test_one_bad_attestation_beside_a_good_one_is_bad(served: Served) -> None:
    served.attest(statement(), statement(subject=[OTHER]))
    assert state_of(served.verify())[0] is BAD


def test_an_attestation_by_someone_else_is_bad_whoever_the_index_says_it_is(served: Served) -> None:
    served.attest(identity="mallory@example.org")
    state, problem = state_of(served.verify())
    assert state is BAD
    assert "is signed by mallory@example.org" in problem
    assert "which is no published identity" in problem


def test_without_an_expected_publisher_nothing_is_verified(served: Served) -> None:
    served.attest()
    checker = served.world.examiner_for(())
    found = served.verify(ExpectedPublisher(identities=False), checker=checker)
    assert found.outcome is Outcome.NOT_EXAMINED
    assert "no expected publisher is known" in state_of(found)[1]


def test_without_a_verifier_nothing_is_verified(served: Served) -> None:
    served.attest()
    found = served.verify(checker=BundleChecker(None, (), excuse="not checked: sigstore is not installed"))
    assert (found.outcome, state_of(found)[0]) == (Outcome.NOT_EXAMINED, UNCHECKED)


EMPTY = {
    "no publisher": b'{"version": 1, "attestation_bundles": []}',
    "no attestation": json.dumps(
        {"version": 1, "attestation_bundles": [{"publisher": CLAIM, "attestations": []}]}
    ).encode(),
}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_provenance_object_is_bad(served: Served, name: str) -> None:
    served.integrity.add("demo", "1.0", WHEEL, EMPTY[name])
    assert state_of(served.verify())[0] is BAD


def test_one_group_without_attestations_makes_the_others_bad(served: Served) -> None:
    served.attest()
    document = json.loads(served.integrity.documents["demo", "1.0", WHEEL] or b"")
    document["attestation_bundles"].append({"publisher": CLAIM, "attestations": []})
    served.integrity.add("demo", "1.0", WHEEL, json.dumps(document).encode())
    assert state_of(served.verify())[0] is BAD


UNUSABLE = {
    "cut": lambda document: document[: len(document) // 2],
    "no JSON": lambda _: b"x",
    "another version": lambda document: document.replace(b'"version": 1', b'"version": 2'),
    "no object": lambda _: b"[]",
    "too many": lambda document: json.dumps(_many(json.loads(document))).encode(),
}


def _many(document: Any) -> Any:
    document["attestation_bundles"] *= 33
    return document


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_provenance_object_that_is_not_understood_verifies_nothing(served: Served, name: str) -> None:
    served.attest()
    change: Callable[[bytes], bytes] = UNUSABLE[name]
    served.integrity.add("demo", "1.0", WHEEL, change(served.integrity.documents["demo", "1.0", WHEEL] or b""))
    found = served.verify()
    assert (found.outcome, state_of(found)[0]) == (Outcome.NOT_EXAMINED, UNCHECKED)


def test_no_flipped_bit_of_a_provenance_object_is_verified(served: Served) -> None:
    served.attest()
    document = served.integrity.documents["demo", "1.0", WHEEL] or b""
    at = document.index(b'"signature"')
    chance = random.Random(740)  # noqa: S311 - no secret depends on it
    for _ in range(12):
        place = at + 14 + chance.randrange(40)
        changed = bytearray(document)
        changed[place] = ord("A") if changed[place] != ord("A") else ord("B")
        served.integrity.add("demo", "1.0", WHEEL, bytes(changed))
        assert served.verify().outcome is not Outcome.PASS


_VALUES: tuple[Any, ...] = ("x", "", None, 0, [], {})


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from _leaves(value[key], (*path, key))
    else:
        yield path


def test_no_edited_field_of_an_attestation_is_verified(world: World) -> None:
    attestation = as_attestation(world.attested(statement()))
    file = DistributionFile(project="demo", version="1.0", filename=WHEEL, sha256=sha256_bytes(DATA))

    def state(edited: Any) -> EvidenceState:
        answer = ProvenanceAnswer(document=provenance([edited], CLAIM))
        return file_evidence(file, answer, ANYONE, world.checker).state

    assert state(attestation) is VERIFIED
    accepted, tried = [], 0
    for path in _leaves(attestation):
        for value in _VALUES:
            edited = copy.deepcopy(attestation)
            place = edited
            for key in path[:-1]:
                place = place[key]
            if place[path[-1]] != value:
                place[path[-1]] = value
                tried += 1
                accepted += [path] if state(edited) is VERIFIED else []
    assert (accepted, tried > 80) == ([], True)


REAL = "pypi_attestation_models-0.0.4a2.tar.gz"
REAL_CLAIM = {"kind": "GitHub", "repository": "trailofbits/pypi-attestation-models", "workflow": "release.yml"}
REAL_SHA256 = "c9709ce6fd5b67b59b4a28758cf14d3f411803c4b89b6068b1f1a8e4ee94c8ef"


@pytest.mark.parametrize(
    ("owner", "sha256", "expected"),
    [("trailofbits", REAL_SHA256, VERIFIED), ("trailofblobs", REAL_SHA256, BAD), ("trailofbits", "0" * 64, BAD)],
)
def test_a_real_attestation_of_pypi(shared_data: Path, owner: str, sha256: str, expected: EvidenceState) -> None:
    real = json.loads((shared_data / "pep740" / f"{REAL}.attestation").read_bytes())
    workflow = rf"https://github\.com/{owner}/pypi-attestation-models/\.github/workflows/release\.yml@refs/tags/v.+"
    identity = SigningIdentity(identity_regex=workflow, issuer=GITHUB_ISSUER)
    checker = BundleChecker(BundleVerifier(embedded_root().path.read_bytes()), (identity,))
    file = DistributionFile(project="pypi-attestation-models", version="0.0.4a2", filename=REAL, sha256=sha256)
    answer = ProvenanceAnswer(document=provenance([real], REAL_CLAIM))
    assert file_evidence(file, answer, ANYONE, checker).state is expected


def test_no_attestation_and_no_release_verify_nothing(served: Served) -> None:
    served.integrity.add("demo", "1.0", WHEEL, None)
    found = served.verify()
    state, problem = state_of(found)
    assert (found.outcome, state) == (Outcome.FAIL, ABSENT)
    assert "nothing proves who published it" in problem


@pytest.mark.parametrize("every_file", [True, False])
def test_what_a_baseline_has_must_not_be_absent(served: Served, every_file: bool) -> None:
    served.integrity.add("demo", "1.0", WHEEL, None)
    recorded = Recorded(publishers=(), every_file=every_file)
    state, problem = state_of(served.verify(replace(ANYONE, recorded=recorded), release=served.release()))
    assert (state, "although the baseline has attestations" in problem) == (BAD, True)


def test_what_the_release_has_must_not_be_absent(served: Served) -> None:
    served.integrity.add("demo", "1.0", WHEEL, None)
    release = served.release()
    extra = GivenFile(name=f"{WHEEL}.publish.attestation", sha256="0" * 64, size=1)
    verification = replace(release.verification, files=(*release.verification.files, extra))
    state, problem = state_of(served.verify(release=replace(release, verification=verification)))
    assert (state, "although its release has a publish attestation" in problem) == (BAD, True)


def test_a_release_proves_a_file_that_has_no_attestation(served: Served) -> None:
    served.integrity.add("demo", "1.0", WHEEL, None)
    found = served.verify(release=served.release())
    assert (found.outcome, state_of(found)) == (Outcome.PASS, (VERIFIED, ""))
    assert "its provenance and gate cover it" in found.packages[0].files[0].proofs[0]
    assert found.release.startswith("small v1.0: consistent")
    # The release is not signed, which was permitted: that is no verification.
    assert found.tolerated
    text = package_report.text(found)
    assert text.startswith("demo 1.0: accepted, not verified, because its release is only accepted\n")
    assert f"\naccepted              {WHEEL}\n" in text
    assert "\nverified" not in text


def test_an_index_without_the_api_leaves_the_release_alone_only_if_that_is_said(served: Served) -> None:
    served.integrity.absent = True
    release = served.release()
    assert state_of(served.verify(release=release))[0] is UNCHECKED
    found = served.verify(request=replace(REQUEST, attestations=False), release=release)
    assert found.outcome is Outcome.PASS
    assert len(served.integrity.asked) == 1


def test_a_release_that_does_not_verify_proves_nothing(served: Served) -> None:
    served.attest()
    release = served.release(allow_unsigned=False)
    state, problem = state_of(served.verify(release=release))
    assert (state, "NOT VERIFIED" in problem) == (BAD, True)


def test_other_bytes_than_in_the_release_are_bad_and_the_member_is_named(served: Served) -> None:
    files = {**made.wheel_files(), "demo/cli.py": b"evil\n"}
    state, problem = state_of(served.verify(release=served.release(made.wheel(files))))
    assert state is BAD
    assert "member demo/cli.py has SHA-256 " in problem


def test_an_archive_with_the_same_contents_is_bad_and_the_field_is_named(served: Served) -> None:
    entries = [entry._replace(method=0) for entry in made.wheel_entries()]
    state, problem = state_of(served.verify(release=served.release(made.make_zip(entries))))
    assert (state, ": method differs; 2 more members differ" in problem) == (BAD, True)


def test_a_file_that_the_release_does_not_have_is_bad(served: Served) -> None:
    served.integrity.add("demo", "1.0", made.SDIST, None)
    served.index.add("demo", FakeFile(made.SDIST, made.sdist(), b"", None))
    served.attest()
    found = served.verify(release=served.release())
    assert {file.filename: file.state for file in found.packages[0].files} == {WHEEL: VERIFIED, made.SDIST: BAD}


PUBLISHER = AttestedPublisher(kind="GitHub", identity={"repository": "acme/small", "workflow": "release.yml"})


def test_a_recorded_publisher_has_to_be_proved_by_the_certificate(served: Served) -> None:
    served.attest()
    checker = served.world.examiner_for(())
    known = ExpectedPublisher(identities=False, recorded=Recorded(publishers=(PUBLISHER,), every_file=True))
    assert served.verify(known, checker=checker).outcome is Outcome.PASS
    other = AttestedPublisher(kind="GitHub", identity={"repository": "acme/other", "workflow": "release.yml"})
    recorded = Recorded(publishers=(other,), every_file=True)
    state, problem = state_of(served.verify(ExpectedPublisher(identities=False, recorded=recorded), checker=checker))
    assert (state, "expected GitHub (repository acme/other" in problem) == (BAD, True)


@pytest.mark.parametrize(
    "claim", [{**CLAIM, "repository": "acme/other"}, {**CLAIM, "workflow": "x.yml"}, {"kind": "New"}]
)
def test_a_claim_that_the_certificate_does_not_prove_is_bad(served: Served, claim: dict[str, str]) -> None:
    served.attest(claim=claim)
    recorded = Recorded(publishers=(PUBLISHER,), every_file=True)
    found = served.verify(ExpectedPublisher(identities=False, recorded=recorded), checker=served.world.examiner_for(()))
    assert state_of(found)[0] is BAD


def test_other_bytes_than_the_index_names_are_bad(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    served.attest()
    monkeypatch.setattr(FakeFile, "sha256", property(lambda _: "1" * 64))
    state, problem = state_of(served.verify())
    assert (state, f"the index names {'1' * 64}" in problem) == (BAD, True)


def test_without_a_hash_on_the_index_it_could_not_be_checked(served: Served) -> None:
    served.attest()
    served.file.hashed = False
    assert state_of(served.verify()) == (UNCHECKED, "the index names no SHA-256 of it")


FAULTS = [mood for mood in Mood if mood is not Mood.NOT_FOUND]


@pytest.mark.parametrize("mood", FAULTS)
def test_a_file_that_does_not_come_whole_is_never_verified(served: Served, mood: Mood) -> None:
    served.attest()
    served.timeouts = impatient(SHORT, mood)
    served.index.misbehave(Ask.FILE, mood)
    found = served.verify()
    assert found.outcome is not Outcome.PASS
    assert state_of(found)[0] in (UNCHECKED, BAD)


@pytest.mark.parametrize("mood", [Mood.REDIRECT, Mood.TRUNCATED, Mood.OVERSIZE, Mood.SERVER_ERROR, Mood.NOT_FOUND])
def test_an_integrity_api_that_fails_is_not_an_absent_attestation(served: Served, mood: Mood) -> None:
    served.attest()
    served.integrity.mood = mood
    found = served.verify(release=served.release())
    assert (found.outcome, state_of(found)[0]) == (Outcome.NOT_EXAMINED, UNCHECKED)


@pytest.mark.parametrize("mood", [Mood.REDIRECT, Mood.MALFORMED, Mood.OVERSIZE, Mood.NOT_FOUND])
def test_a_page_that_cannot_be_had_ends_the_run(served: Served, mood: Mood) -> None:
    served.index.misbehave(Ask.SIMPLE, mood)
    with pytest.raises(UnavailableError):
        served.verify()


def test_a_file_that_is_larger_than_the_index_says_is_not_read_to_its_end(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.attest()
    page = served.index._json_file
    monkeypatch.setattr(served.index, "_json_file", lambda file: {**page(file), "size": 10})
    state, problem = state_of(served.verify())
    assert (state, "more than 10 bytes" in problem) == (UNCHECKED, True)


def test_a_file_on_another_host_of_the_private_network_is_not_asked_for(served: Served) -> None:
    served.attest()
    served.index.files_at = "http://192.168.0.1"
    assert state_of(served.verify())[0] is UNCHECKED


def test_the_index_has_to_have_that_version_and_that_file(served: Served) -> None:
    with pytest.raises(InputError, match=r"the index has no file of demo 2\.0"):
        served.verify(request=replace(REQUEST, version="2.0"))
    served.attest()
    found = served.verify(request=replace(REQUEST, filenames=(WHEEL, "demo-1.0.zip")))
    assert {file.filename: file.state for file in found.packages[0].files} == {WHEEL: VERIFIED, "demo-1.0.zip": BAD}
    assert found.outcome is Outcome.FAIL


def test_a_file_that_is_listed_twice_is_ambiguous(served: Served) -> None:
    served.index.add("demo", FakeFile(WHEEL.replace("demo", "Demo"), b"x", b"", None))
    with pytest.raises(InputError, match="twice"):
        served.verify()


def test_what_was_yanked_or_quarantined_is_noted(served: Served) -> None:
    served.attest()
    served.file.yanked = "broken"
    served.index.statuses["demo"] = {"status": "quarantined"}
    notes = served.verify().packages[0].notes
    assert notes == (f"{WHEEL} was yanked: broken", "the index calls the project quarantined")


def test_a_local_version_that_installers_prefer_is_noted(served: Served) -> None:
    served.attest()
    version = WHEEL.split("-")[1]
    served.index.add_wheel("demo", f"{version}+other")
    package = served.verify().packages[0]
    assert [file.filename for file in package.files] == [WHEEL]
    assert any(f"{version}+other, which was not verified" in note for note in package.notes)


def test_a_distribution_that_the_index_lacks_is_noted(served: Served) -> None:
    served.attest()
    release = served.release()
    sdist = GivenFile(name=made.SDIST, sha256="0" * 64, size=1)
    verification = replace(release.verification, files=(*release.verification.files, sdist))
    found = served.verify(release=replace(release, verification=verification))
    assert found.packages[0].notes == (f"{made.SDIST} is in the release, and the index does not serve it",)


def test_the_report_shows_every_state(served: Served) -> None:
    served.attest(statement(subject=[OTHER]))
    found = served.verify()
    text = package_report.text(found)
    assert text.startswith("demo 1.0: NOT VERIFIED, do not install it\nbad ")
    document = package_report.document(found, verified_at="2026-01-01T00:00:00Z")
    assert document["schema"] == "package-verification/1"
    assert document["packages"][0]["files"][0]["state"] == "bad"
    assert package_report.counts(found) == {
        "packages": 1, "files": 1, "verified": 0, "absent": 0, "bad": 1, "not_examined": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [("demo==1.0", ("demo", "1.0")), ("De_mo == 1.0rc1", ("de-mo", "1.0rc1")), ("demo==1.0+x", ("demo", "1.0+x"))],
)
def test_a_package_is_a_name_and_a_version(text: str, expected: tuple[str, str]) -> None:
    assert parse_package(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "demo",
        "demo>=1",
        "demo==1.*",
        "demo===1.0",
        "demo==1,==2",
        "demo[x]==1",
        "demo==1; python_version>'3'",
        "../x==1",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_package(text)
