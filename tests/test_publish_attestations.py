"""Publish attestations (PEP 740): one for each distribution, as PyPI's own library reads them, and nothing else passes."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pypi_attestations
import pytest
from sigstore.errors import VerificationError as SigstoreError
from sigstore.models import ClientTrustConfig
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity

from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
from ops.supply_chain.adapters.sigstore.publish_attestation import attestation_of
from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.contracts.files.verification import Expectations
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.formats import json_reader
from ops.supply_chain.gather.trust.verification.check import BundleChecker, check_release
from ops.supply_chain.rehearsal.claims import GITHUB_ISSUER
from ops.supply_chain.rehearsal.instance import RehearsalInstance
from ops.supply_chain.rehearsal.options import Options
from ops.supply_chain.trust.signing.statements import publish_statement
from ops.supply_chain.trust.verification.published import statement_problems
from tests.fakes.distributions import SDIST, WHEEL
from tests.fakes.signing import IDENTITY, ISSUER
from tests.rehearsal.support import signer
from tests.release.distribution_world import ATTESTATIONS, DISTRIBUTIONS, world_of
from tests.release.signing_world import World, files_of, identity, put_files
from tests.trust.verification.world import _AnyStatement as AnyStatement
from tests.trust.verification.world import failures

ATTESTED_WHEEL, ATTESTED_SDIST = f"{WHEEL}.publish.attestation", f"{SDIST}.publish.attestation"
WORKFLOW = "https://github.com/acme/widget/.github/workflows/release.yml@refs/tags/v1.0"


@pytest.fixture(scope="module")
def instance() -> Iterator[RehearsalInstance]:
    with RehearsalInstance() as found:
        yield found


@pytest.fixture
def world(tmp_path: Path, instance: RehearsalInstance, monkeypatch: pytest.MonkeyPatch) -> World:
    return world_of(tmp_path, instance, monkeypatch)


@pytest.fixture(scope="module")
def kept() -> dict[str, bytes]:
    """Return what the first test that needs a signed release puts here: its files, path -> content."""
    return {}


@pytest.fixture
def signed(world: World, kept: dict[str, bytes]) -> World:
    """Return a release that the instance has signed: the same for every test, each in a folder of its own."""
    if kept:
        put_files(world.release.base, kept)
    else:
        world.must_sign()
        kept.update(files_of(world.release.base))
    return world


@pytest.fixture
def rooted(world: World) -> World:
    """PyPI's library knows the public instance alone: here its verifier gets the rehearsal's root."""
    root = ClientTrustConfig.from_json(world.instance.trust_config_json).trusted_root
    world.patch.setattr(Verifier, "production", classmethod(lambda cls, **_: Verifier(trusted_root=root)))
    return world


def problems(world: World) -> list[str]:
    """Return what keeps the release in the folder from verifying, without what every rehearsal has."""
    root = world.instance.trusted_root_json.encode()
    checker = BundleChecker(BundleVerifier(root), (SigningIdentity(identity=IDENTITY, issuer=ISSUER),))
    wanted = Expectations(bases=("urn:sealwright:",), rehearsal=True, root="test", root_sha256=sha256_bytes(root))
    found = failures(check_release(world.folder, wanted, checker).verification)
    codes = ("attestations.publish", "files.", "signatures.")
    return [problem for problem in found if problem.startswith(codes)]


def attestation(world: World, statement: bytes, token: str = "") -> bytes:
    """Return any statement, signed by the rehearsal, in the form of PEP 740."""
    with signer(world.instance, token) as session:
        return attestation_of(session.sign_dsse(AnyStatement(statement)).to_json().encode())


def changed(**changes: Any) -> bytes:
    """Return the wheel's statement with some fields changed."""
    return json.dumps({**json.loads(publish_statement(WHEEL, sha256_bytes(DISTRIBUTIONS[WHEEL]))), **changes}).encode()


def test_each_distribution_has_one(signed: World) -> None:
    assert [name for name in signed.names() if name.endswith(".attestation")] == list(ATTESTATIONS)
    for name, data in DISTRIBUTIONS.items():
        document = json.loads((signed.folder / f"{name}.publish.attestation").read_bytes())
        found = pypi_attestations.Attestation.model_validate(document)
        assert found.statement == {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": name, "digest": {"sha256": sha256_bytes(data)}}],
            "predicateType": "https://docs.pypi.org/attestations/publish/v1",
            "predicate": None,
        }
    assert problems(signed) == []
    assert {ref.rpartition("/")[2] for ref in (row["path"] for row in signed.record()["writes"])} >= set(ATTESTATIONS)


def test_the_library_of_the_index_accepts_them(rooted: World) -> None:
    rooted.must_sign()
    for name, data in DISTRIBUTIONS.items():
        document = (rooted.folder / f"{name}.publish.attestation").read_bytes()
        found = pypi_attestations.Attestation.model_validate_json(document)
        distribution = pypi_attestations.Distribution.from_file(rooted.folder / name)
        assert distribution.digest == sha256_bytes(data)
        verified = found.verify(Identity(identity=IDENTITY, issuer=ISSUER), distribution, offline=True)
        assert verified == ("https://docs.pypi.org/attestations/publish/v1", None)
        other = pypi_attestations.Distribution(name=name, digest="0" * 64)
        with pytest.raises(pypi_attestations.VerificationError, match="digest"):
            found.verify(Identity(identity=IDENTITY, issuer=ISSUER), other, offline=True)


def test_a_trusted_publisher_is_recognised(rooted: World) -> None:
    claims = {"repository": "acme/widget", "ref": "refs/tags/v1.0"}
    rooted.token(rooted.instance.identity_token(WORKFLOW, GITHUB_ISSUER, claims))
    rooted.config(identity(WORKFLOW, GITHUB_ISSUER))
    rooted.must_sign()
    found = pypi_attestations.Attestation.model_validate_json((rooted.folder / ATTESTED_WHEEL).read_bytes())
    distribution = pypi_attestations.Distribution.from_file(rooted.folder / WHEEL)
    publisher = pypi_attestations.GitHubPublisher(repository="acme/widget", workflow="release.yml")
    assert found.verify(publisher, distribution, offline=True)[1] is None
    for other in (("acme/widget", "other.yml"), ("acme/other", "release.yml")):
        publisher = pypi_attestations.GitHubPublisher(repository=other[0], workflow=other[1])
        with pytest.raises((pypi_attestations.VerificationError, SigstoreError)):
            found.verify(publisher, distribution, offline=True)


def test_its_command_accepts_them(
    rooted: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from pypi_attestations import _cli

    rooted.must_sign()
    files = [str(rooted.folder / name) for name in DISTRIBUTIONS]
    monkeypatch.setattr(sys, "argv", ["p", "verify", "attestation", "--offline", "--identity", IDENTITY, *files])
    _cli.main()
    shown = {line for line in capfd.readouterr().err.splitlines() if line.startswith("OK: ")}
    assert shown == {f"OK: {rooted.folder / name}" for name in ATTESTATIONS}
    (rooted.folder / WHEEL).write_bytes(b"another")
    with pytest.raises(SystemExit):
        _cli.main()


def test_a_second_run_keeps_them_and_a_damaged_one_is_made_again(signed: World) -> None:
    before = {name: (signed.folder / name).read_bytes() for name in ATTESTATIONS}
    entries = signed.instance.entries
    signed.must_sign()
    assert signed.instance.entries == entries
    (signed.folder / ATTESTED_WHEEL).write_bytes(before[ATTESTED_SDIST])
    signed.must_sign()
    assert signed.instance.entries == entries + 1
    assert (signed.folder / ATTESTED_SDIST).read_bytes() == before[ATTESTED_SDIST]
    assert problems(signed) == []


def test_switched_off_there_is_none_and_earlier_ones_go(signed: World) -> None:
    entries = signed.instance.entries
    signed.config(f"[signing]\npublish_attestations = false\n{identity()}")
    signed.must_sign()
    assert not [name for name in signed.names() if name.endswith(".publish.attestation")]
    assert signed.instance.entries == entries
    assert problems(signed) == []


def test_an_instance_without_the_first_log_signs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with RehearsalInstance(Options(log_version=2)) as second:
        world = world_of(tmp_path, second, monkeypatch)
        assert world.sign() == 2
        assert second.entries == 0
        assert "Set [signing].publish_attestations = false" in capfd.readouterr().err
        world.config(f"[signing]\npublish_attestations = false\n{identity()}")
        assert world.sign() == 0


def test_a_name_that_is_no_distribution_is_refused(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    from ops.supply_chain.adapters.sigstore.publish_attestation import require_distribution
    from ops.supply_chain.core.errors import InputError

    for name in ("demo.whl", "demo-1.0-py3.whl", "demo.tar.gz", "demo-1.0.exe"):
        with pytest.raises(InputError, match="cannot have a publish attestation"):
            require_distribution(name, "0" * 64)


TWO = [{"name": name, "digest": {"sha256": sha256_bytes(data)}} for name, data in DISTRIBUTIONS.items()]
FORGED: dict[str, tuple[Callable[[], bytes], str]] = {
    "another name": (lambda: changed(subject=[{**TWO[0], "name": SDIST}]), "$.subject[0].name"),
    "another digest": (lambda: changed(subject=[{**TWO[0], "digest": {"sha256": "0" * 64}}]), "$.subject[0].digest"),
    "no digest": (lambda: changed(subject=[{**TWO[0], "digest": {}}]), "$.subject[0].digest"),
    "two subjects": (lambda: changed(subject=TWO), "expected one subject, found 2"),
    "no subject": (lambda: changed(subject=[]), "expected one subject, found 0"),
    "a predicate": (lambda: changed(predicate={"a": 1}), "$.predicate: expected null"),
    "another predicate type": (lambda: changed(predicateType="https://slsa.dev/provenance/v1"), "$.predicateType"),
    "another statement type": (lambda: changed(_type="https://in-toto.io/Statement/v0.1"), "$._type"),
    "no statement": (lambda: b"[]", "expected an object"),
}


@pytest.mark.parametrize("case", FORGED)
def test_a_signed_statement_of_something_else_is_refused(case: str, signed: World) -> None:
    make, expected = FORGED[case]
    (signed.folder / ATTESTED_WHEEL).write_bytes(attestation(signed, make()))
    found = problems(signed)
    assert len(found) == 1
    assert found[0].startswith(f"attestations.publish {ATTESTED_WHEEL}: ")
    assert expected in found[0]


def _flip(data: bytes, path: tuple[str, ...]) -> bytes:
    document = json.loads(data)
    node = document
    for word in path[:-1]:
        node = node[word]
    text = node[path[-1]]
    middle = len(text) // 2
    node[path[-1]] = text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]
    return json.dumps(document).encode()


DAMAGED: dict[str, Callable[[bytes], bytes | None]] = {
    "statement": lambda data: _flip(data, ("envelope", "statement")),
    "signature": lambda data: _flip(data, ("envelope", "signature")),
    "certificate": lambda data: _flip(data, ("verification_material", "certificate")),
    "no log entry": lambda data: data.replace(b'"transparency_entries":[', b'"transparency_entries":[],"x":['),
    "another version": lambda data: data.replace(b'"version":1', b'"version":2'),
    "cut": lambda data: data[: len(data) // 2],
    "empty": lambda _: b"",
    "a list": lambda _: b"[]",
    "missing": lambda _: None,
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_one_is_refused(case: str, signed: World) -> None:
    path = signed.folder / ATTESTED_WHEEL
    data = DAMAGED[case](path.read_bytes())
    path.unlink()
    if data is not None:
        path.write_bytes(data)
    found = problems(signed)
    assert found
    assert all(ATTESTED_WHEEL in problem for problem in found)


def test_one_by_another_signer_is_refused(signed: World) -> None:
    token = signed.instance.identity_token("mallory@example.org", ISSUER)
    statement = publish_statement(WHEEL, sha256_bytes(DISTRIBUTIONS[WHEEL]))
    (signed.folder / ATTESTED_WHEEL).write_bytes(attestation(signed, statement, token))
    found = problems(signed)
    assert len(found) == 1
    assert "mallory@example.org" in found[0]


def test_one_of_no_distribution_is_refused(signed: World) -> None:
    for name in ("other-1.0-py3-none-any.whl.publish.attestation", "N-V-sbom.cdx.json.publish.attestation"):
        path = signed.folder / name
        path.write_bytes((signed.folder / ATTESTED_WHEEL).read_bytes())
        assert problems(signed) == [f"files.known {name}: is not part of the release"]
        path.unlink()


def test_a_statement_of_any_file_is_its_own_and_no_other() -> None:
    """For random names and digests: the statement fits its file, and with one character changed it does not."""
    generator = random.Random(740)  # noqa: S311 - cases, not secrets
    for _ in range(200):
        name = "".join(generator.choices("abcxyz0189_.-é", k=generator.randint(1, 30))).strip() + ".whl"
        sha256 = f"{generator.getrandbits(256):064x}"
        data = publish_statement(name, sha256)
        assert data == publish_statement(name, sha256)
        node = json_reader.read(data)
        assert list(statement_problems(node, name=name, sha256=sha256)) == []
        place = generator.randrange(64)
        other = sha256[:place] + ("0" if sha256[place] != "0" else "1") + sha256[place + 1 :]
        assert list(statement_problems(node, name=name, sha256=other))
        assert list(statement_problems(node, name=f"x{name}", sha256=sha256))


def test_a_release_with_conventional_names_is_signed_under_them(
    tmp_path: Path, instance: RehearsalInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = world_of(tmp_path, instance, monkeypatch, conventional=True)
    world.must_sign()
    names = set(world.names())
    assert names >= {"build-provenance.json", "sbom-wheel.spdx.json", "sbom-source.spdx.json", *ATTESTATIONS}
    assert names >= {"build-provenance.json.bundle", "sbom-wheel.spdx.json.bundle", "N-V-provenance.attestation.bundle"}
    assert not [name for name in names if name.endswith((".sigstore.json", ".intoto.json"))]
    assert problems(world) == []
    (world.folder / "sbom-wheel.spdx.json").write_text("{ }\n")
    assert any(problem.startswith("files.listed sbom-wheel.spdx.json: expected SHA-256") for problem in problems(world))
    assert any(problem.startswith("files.signed sbom-wheel.spdx.json: ") for problem in problems(world))
