"""Every pin of a lock: verified, absent, bad, or not checked; a lock with nothing verified does not pass."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import verify_release
from ops.supply_chain.adapters.index.served import IndexSource, ServedPackages
from ops.supply_chain.contracts.files.package_verification import EvidenceState, PackageVerification
from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.publisher import AttestedPackage, AttestedPublisher
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.trust.verification.locked import read_lock_file, verify_lock
from ops.supply_chain.gather.trust.verification.package_inputs import read_baseline
from ops.supply_chain.rehearsal.claims import GITHUB_ISSUER
from ops.supply_chain.sessions import stand_alone
from ops.supply_chain.trust.verification import package_report
from tests.fakes.index import FakeFile, FakeIndex
from tests.fakes.integrity import FakeIntegrity, provenance
from tests.trust.verification.test_package import CLAIM, PUBLISH, SHORT, as_attestation
from tests.trust.verification.world import IDENTITIES, WORKFLOW, World

PUBLISHER = AttestedPublisher(kind="GitHub", identity={"repository": "acme/small", "workflow": "release.yml"})


class Locked:
    """An index, its Integrity API, and a lock with what they have."""

    def __init__(self, world: World, folder: Path, index: FakeIndex, integrity: FakeIntegrity) -> None:
        self.world, self.folder, self.index, self.integrity = world, folder, index, integrity
        self.lines: list[str] = []
        (folder / "root.json").write_bytes(world.root)

    def add(self, name: str, *, attested: bool = True, known: bool = True, about: str = "", **who: Any) -> FakeFile:
        """Serve and lock version 1.0 of a project, and attest its wheel, or a file with another digest."""
        file = self.index.add_wheel(name, "1.0")
        if attested:
            subject = [{"name": file.filename, "digest": {"sha256": about or file.sha256}}]
            statement = {
                "_type": "https://in-toto.io/Statement/v1",
                "subject": subject,
                "predicateType": PUBLISH,
                "predicate": None,
            }
            bundle = self.world.attested(json.dumps(statement).encode(), **who)
            self.integrity.add(name, "1.0", file.filename, provenance([as_attestation(bundle)], CLAIM))
        elif known:
            self.integrity.add(name, "1.0", file.filename, None)
        self.lines.append(f"{name}==1.0 --hash={file.pin_hash}")
        return file

    @property
    def lock(self) -> Path:
        path = self.folder / "requirements.txt"
        path.write_text("\n".join([*self.lines, ""]))
        return path

    def baseline(self, **packages: AttestedPackage) -> Path:
        path = self.folder / "requirements.provenance.json"
        canonical.write(path, PublisherBaseline(direct_deps={}, attested=packages))
        return path

    def verify(self, *, identities: bool = True, baseline: Path | None = None) -> PackageVerification:
        source = IndexSource(
            cache=self.folder / "cache", url=self.index.url, integrity_url=self.integrity.url, timeouts=SHORT
        )
        checker = self.world.examiner_for(IDENTITIES if identities else ())
        return verify_lock(
            read_lock_file(self.lock),
            ServedPackages(source),
            identities=identities,
            baseline=read_baseline(baseline),
            checker=checker,
        )

    def argv(self, *words: str) -> list[str]:
        addresses = ["--index", self.index.url, "--integrity-api", self.integrity.url]
        root = ["--trusted-root", str(self.folder / "root.json"), "--cache", str(self.folder / "cache")]
        return ["--lock", str(self.lock), *addresses, *root, *words]


@pytest.fixture
def locked(world: World, tmp_path: Path) -> Iterator[Locked]:
    with FakeIndex() as index, FakeIntegrity() as integrity:
        yield Locked(world, tmp_path, index, integrity)


def states(found: PackageVerification) -> dict[str, str]:
    return {package.name: package.state.value for package in found.packages}


def recorded(*, every_file: bool = True) -> AttestedPackage:
    return AttestedPackage(publishers=(PUBLISHER,), every_file=every_file, versions=("0.9",))


def test_every_pin_has_its_state_and_the_worst_decides(locked: Locked) -> None:
    locked.add("alpha")
    locked.add("beta", attested=False)
    found = locked.verify()
    assert (found.outcome, states(found)) == (Outcome.PASS, {"alpha": "verified", "beta": "absent"})
    locked.add("gamma", attested=False, known=False)
    found = locked.verify()
    assert (found.outcome, states(found)["gamma"]) == (Outcome.NOT_EXAMINED, "could-not-be-checked")
    locked.add("delta", about="0" * 64)
    found = locked.verify()
    assert (found.outcome, states(found)["delta"]) == (Outcome.FAIL, "bad")
    text = package_report.text(found)
    assert text.startswith(
        "requirements.txt: 4 packages: 1 verified, 1 absent, 1 could not be checked, 1 bad; NOT VERIFIED"
    )
    assert text.index("delta 1.0") < text.index("gamma 1.0") < text.index("alpha 1.0")
    assert "beta 1.0" not in text


def test_nothing_verified_is_no_pass(locked: Locked) -> None:
    locked.add("beta", attested=False)
    assert locked.verify().outcome is Outcome.NOT_EXAMINED


def test_an_empty_lock_is_no_pass(locked: Locked) -> None:
    assert locked.verify().outcome is Outcome.NOT_EXAMINED


def test_an_attestation_whose_publisher_nobody_expects_is_not_verified(locked: Locked) -> None:
    locked.add("alpha")
    found = locked.verify(identities=False)
    assert (found.outcome, states(found)) == (Outcome.NOT_EXAMINED, {"alpha": "could-not-be-checked"})


def test_an_attestation_by_someone_else_than_the_given_identity_is_not_verified(locked: Locked) -> None:
    locked.add("alpha", identity="mallory@example.org")
    found = locked.verify()
    [problem] = found.packages[0].files[0].problems
    assert (found.outcome, "no publisher of it is recorded" in problem) == (Outcome.NOT_EXAMINED, True)


def test_a_package_that_the_lock_has_twice_is_as_bad_as_its_worst_file(locked: Locked) -> None:
    locked.add("alpha")
    bad = locked.index.add_wheel("alpha", "1.0", tag="py2-none-any", requires=("x",))
    locked.integrity.add("alpha", "1.0", bad.filename, b'{"version": 1, "attestation_bundles": []}')
    locked.lines.append(f"alpha==1.0 ; python_version > '3' --hash={bad.pin_hash}")
    assert states(locked.verify()) == {"alpha": "bad"}
    locked.lines.reverse()
    found = locked.verify()
    assert (states(found), len(found.packages[0].files)) == ({"alpha": "bad"}, 2)


def test_the_baseline_says_who_publishes_and_what_must_not_be_absent(locked: Locked) -> None:
    locked.add("alpha")
    locked.add("beta", attested=False)
    baseline = locked.baseline(alpha=recorded())
    found = locked.verify(identities=False, baseline=baseline)
    assert (found.outcome, states(found)) == (Outcome.PASS, {"alpha": "verified", "beta": "absent"})
    baseline = locked.baseline(alpha=recorded(), beta=recorded(every_file=False))
    assert states(locked.verify(identities=False, baseline=baseline))["beta"] == "bad"


def test_a_recorded_publisher_counts_before_an_identity(locked: Locked) -> None:
    locked.add("alpha")
    other = AttestedPublisher(kind="GitHub", identity={"repository": "acme/other", "workflow": "release.yml"})
    baseline = locked.baseline(alpha=AttestedPackage(publishers=(other,), every_file=True, versions=()))
    assert states(locked.verify(baseline=baseline))["alpha"] == "bad"


def test_an_earlier_result_is_a_baseline(locked: Locked) -> None:
    file = locked.add("alpha")
    earlier = locked.folder / "earlier.json"
    earlier.write_text(json.dumps(package_report.document(locked.verify(), verified_at="2026-01-01T00:00:00Z")))
    locked.integrity.add("alpha", "1.0", file.filename, None)
    assert states(locked.verify(baseline=earlier))["alpha"] == "bad"


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": "package-verification/1"}', '{"schema": "stage-result/1"}']
)
def test_what_is_no_baseline_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "b.json").write_text(text)
    with pytest.raises(InputError):
        read_baseline(tmp_path / "b.json")


def test_pins_that_cannot_be_asked_for_are_named(locked: Locked) -> None:
    locked.add("alpha")
    locked.lines += [
        "beta @ git+https://example.org/beta@" + "a" * 40,
        f"gamma==1.0 --hash=sha512:{'0' * 128}",
        f"delta==1.0 --hash=sha256:{'0' * 64}",
    ]
    locked.index.add_wheel("delta", "1.0")
    found = {package.name: package for package in locked.verify().packages}
    assert found["beta"].state is EvidenceState.ABSENT
    assert "does not come from an index" in found["beta"].problem
    assert found["gamma"].problem == "the lock has no SHA-256 of its files"
    assert found["delta"].files[0].problems == ("the index has no file with this digest, which the lock records",)


def test_a_further_hash_that_is_not_examined_is_not_verified(locked: Locked) -> None:
    locked.add("alpha")
    locked.lines[-1] += f" --hash=sha512:{'0' * 128}"
    found = locked.verify()
    assert (found.outcome, states(found)) == (Outcome.NOT_EXAMINED, {"alpha": "could-not-be-checked"})
    assert "an installer takes a file with any of them" in found.packages[0].problem


@pytest.mark.parametrize(
    "line",
    [
        f"beta @ https://example.org/beta-1.0-py3-none-any.whl#sha256={'0' * 64}",
        "beta @ git+https://example.org/beta@" + "a" * 40,
        "./beta-1.0-py3-none-any.whl",
    ],
)
def test_a_package_with_recorded_attestations_does_not_come_from_elsewhere(locked: Locked, line: str) -> None:
    locked.add("alpha")
    locked.lines.append(line)
    found = locked.verify(baseline=locked.baseline(alpha=recorded(), beta=recorded()))
    assert (found.outcome, states(found)) == (Outcome.FAIL, {"alpha": "verified", "beta": "bad"})
    assert found.packages[1].problem.endswith("although the baseline has attestations")
    assert states(locked.verify())["beta"] == "absent"


def test_each_page_and_file_is_asked_for_once(locked: Locked) -> None:
    locked.add("alpha")
    locked.lines.append(locked.lines[0].replace(" --", " ; python_version > '3' --"))
    locked.verify()
    assert len(locked.integrity.asked) == 1
    assert locked.index.asked("/simple/alpha/") == 1


def test_the_stage_and_the_stand_alone_verifier_agree(locked: Locked, capfd: pytest.CaptureFixture[str]) -> None:
    locked.add("alpha")
    locked.add("beta", attested=False)
    locked.baseline(alpha=recorded())
    (locked.folder / "project").mkdir()
    project = ["--project", str(locked.folder / "project"), "--dist", str(locked.folder / "dist")]
    assert verify_release.main([*locked.argv("--format", "json"), *project]) == 0
    document = json.loads(capfd.readouterr().out)
    assert document["record"]["counts"]["verified"] == 1
    assert {package["state"] for package in document["result"]["packages"]} == {"verified", "absent"}
    assert stand_alone.main(locked.argv("--format", "json")) == 0
    assert json.loads(capfd.readouterr().out)["packages"] == document["result"]["packages"]


def test_a_bad_pin_is_exit_4_and_an_unchecked_one_exit_5(locked: Locked, capfd: pytest.CaptureFixture[str]) -> None:
    (locked.folder / "project").mkdir()
    named = ["--identity", WORKFLOW, "--issuer", GITHUB_ISSUER, "--project", str(locked.folder / "project")]
    locked.add("alpha")
    locked.add("gamma", attested=False, known=False)
    assert verify_release.main(locked.argv(*named)) == 5
    locked.add("delta", about="0" * 64)
    assert verify_release.main(locked.argv(*named)) == 4
    said = capfd.readouterr().out
    assert "verify.package-bad" in said
    assert "Do not install it" in said
