"""Real attestations (trailofbits/pypi-attestations, 2024) and damaged copies of them."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.sigstore.attestation_verifier import UPDATE_REMEDY, AttestationVerifier
from ops.supply_chain.adapters.sigstore.publisher_cache import PublisherCache
from ops.supply_chain.adapters.sigstore.trusted_root import embedded_root, given_root
from ops.supply_chain.contracts.values.attestation import AttestationStatus, DistributionFile, FileAttestation
from ops.supply_chain.contracts.values.publisher import AttestedPublisher
from ops.supply_chain.core.errors import InputError
from tests.fakes.integrity import flipped, provenance

NAME = "pypi_attestation_models-0.0.4a2.tar.gz"
DIGEST = "c9709ce6fd5b67b59b4a28758cf14d3f411803c4b89b6068b1f1a8e4ee94c8ef"
FILE = DistributionFile(project="pypi-attestation-models", version="0.0.4a2", filename=NAME, sha256=DIGEST)
CLAIM = {"kind": "GitHub", "repository": "trailofbits/pypi-attestation-models", "workflow": "release.yml"}
PUBLISHER = AttestedPublisher(
    kind="GitHub",
    identity={
        "repository": "trailofbits/pypi-attestation-models",
        "workflow": "release.yml",
        "environment": "",
        "repository_id": "772247423",
        "owner_id": "2314423",
    },
)
Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="session")
def real(shared_data: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared_data / "pep740" / f"{NAME}.attestation").read_bytes())
    return found


@pytest.fixture(scope="session")
def other(shared_data: Path) -> dict[str, Any]:
    """One of another file, signed by another identity in the staging instance."""
    name = "rfc8785-0.1.2-py3-none-any.whl.publish.attestation"
    found: dict[str, Any] = json.loads((shared_data / "pep740" / name).read_bytes())
    return found


@pytest.fixture
def verifier(tmp_path: Path) -> AttestationVerifier:
    return AttestationVerifier(embedded_root(), PublisherCache(tmp_path))


def test_a_real_attestation_verifies(verifier: AttestationVerifier, real: dict[str, Any]) -> None:
    found = verifier.verify(FILE, provenance([real], CLAIM))
    assert found == FileAttestation(filename=NAME, state=AttestationStatus.ATTESTED, publishers=(PUBLISHER,))


def test_the_library_agrees(real: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`Attestation.verify`, which we do not call, comes to the same."""
    from pypi_attestations import Attestation, Distribution, GitHubPublisher, VerificationError

    for variable in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    attestation = Attestation.model_validate(real)
    publisher = GitHubPublisher(repository=CLAIM["repository"], workflow=CLAIM["workflow"])
    attestation.verify(publisher, Distribution(name=NAME, digest=DIGEST), offline=True)
    with pytest.raises(VerificationError):
        attestation.verify(publisher, Distribution(name=NAME, digest="0" * 64), offline=True)


def test_two_attestations_of_one_publisher_are_one_publisher(
    verifier: AttestationVerifier, real: dict[str, Any]
) -> None:
    found = verifier.verify(FILE, provenance([real, real], CLAIM))
    assert (found.state, found.publishers) == (AttestationStatus.ATTESTED, (PUBLISHER,))


def test_a_name_spelt_otherwise_is_the_same_file(verifier: AttestationVerifier, real: dict[str, Any]) -> None:
    file = DistributionFile(project="x", version="x", filename=NAME.replace("_", "-"), sha256=DIGEST)
    assert verifier.verify(file, provenance([real], CLAIM)).state is AttestationStatus.ATTESTED


def _material(real: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = real["verification_material"]
    return found


def _entry(real: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = _material(real)["transparency_entries"][0]
    return found


def _flip(holder: Callable[[dict[str, Any]], dict[str, Any]], key: str, at: int) -> Change:
    def change(real: dict[str, Any]) -> None:
        place = holder(real)
        place[key] = flipped(place[key], at=at)

    return change


def _statement(change: Change) -> Change:
    def changed(real: dict[str, Any]) -> None:
        statement = json.loads(base64.b64decode(real["envelope"]["statement"]))
        change(statement)
        real["envelope"]["statement"] = base64.b64encode(json.dumps(statement).encode()).decode()

    return changed


DAMAGE: dict[str, Change] = {
    "statement, another name": _statement(lambda one: one["subject"][0].update(name="other-1.0.tar.gz")),
    "statement, another digest": _statement(lambda one: one["subject"][0].update(digest={"sha256": "0" * 64})),
    "statement, two subjects": _statement(lambda one: one["subject"].append(one["subject"][0])),
    "statement, no subject": _statement(lambda one: one["subject"].clear()),
    "statement, another predicate": _statement(lambda one: one.update(predicateType="https://example.org/x")),
    "statement, other white space": _statement(lambda one: None),
    "statement, one bit": _flip(lambda real: real["envelope"], "statement", 20),
    "signature, one bit": _flip(lambda real: real["envelope"], "signature", 30),
    "signature, empty": lambda real: real["envelope"].update(signature=""),
    "signature, no base64": lambda real: real["envelope"].update(signature="!!"),
    "certificate, one bit of the subject key": _flip(_material, "certificate", 200),
    "certificate, one bit of the repository": _flip(_material, "certificate", 700),
    "certificate, last bit": _flip(_material, "certificate", -1),
    "certificate, truncated": lambda real: _material(real).update(certificate=_material(real)["certificate"][:400]),
    "certificate, empty": lambda real: _material(real).update(certificate=""),
    "log entry, body": _flip(_entry, "canonicalizedBody", 40),
    "log entry, promise": lambda real: _entry(real)["inclusionPromise"].update(
        signedEntryTimestamp=flipped(_entry(real)["inclusionPromise"]["signedEntryTimestamp"], at=20)
    ),
    "log entry, proof": lambda real: _entry(real)["inclusionProof"]["hashes"].pop(),
    "log entry, checkpoint": lambda real: _entry(real)["inclusionProof"]["checkpoint"].update(envelope="x\n1\nx\n\n"),
    "log entry, time": lambda real: _entry(real).update(integratedTime="1"),
    "log entry, index": lambda real: _entry(real).update(logIndex="1"),
    "log entry, none": lambda real: _material(real).update(transparency_entries=[]),
    "log entry, unknown field": lambda real: _entry(real).update(more=1),
    "no envelope": lambda real: real.pop("envelope"),
    "no material": lambda real: real.pop("verification_material"),
    "no version": lambda real: real.pop("version"),
    "version is text": lambda real: real.update(version="1"),
    "huge statement": lambda real: real["envelope"].update(statement=base64.b64encode(b" " * (1 << 20)).decode()),
}


@pytest.mark.parametrize("change", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_attestation_is_invalid(
    verifier: AttestationVerifier, real: dict[str, Any], change: Change, tmp_path: Path
) -> None:
    damaged = copy.deepcopy(real)
    change(damaged)
    found = verifier.verify(FILE, provenance([damaged], CLAIM))
    assert (found.state, found.publishers) == (AttestationStatus.INVALID, ())
    assert found.reason
    assert "\n" not in found.reason
    assert len(found.reason) < 500
    assert not list(tmp_path.iterdir())  # nothing of it is kept as verified


@pytest.mark.parametrize("field", ["certificate", "signature", "statement", "canonicalizedBody"])
def test_no_bit_of_what_is_signed_can_change(verifier: AttestationVerifier, real: dict[str, Any], field: str) -> None:
    """Every 37th byte: of the certificate the signature covers all, the log entry binds the rest."""
    holder = {"certificate": _material, "canonicalizedBody": _entry}.get(field, lambda one: one["envelope"])
    for at in range(0, len(base64.b64decode(holder(real)[field])), 37):
        damaged = copy.deepcopy(real)
        holder(damaged)[field] = flipped(holder(damaged)[field], at=at)
        assert verifier.verify(FILE, provenance([damaged], CLAIM)).state is AttestationStatus.INVALID, at


WRONG_FILE = {
    "another digest": (
        DistributionFile(project="x", version="x", filename=NAME, sha256="0" * 64),
        f"it is about sha256 {DIGEST}, expected {'0' * 64}, which the lock names",
    ),
    "another name": (
        DistributionFile(project="x", version="x", filename="other-0.0.4a2.tar.gz", sha256=DIGEST),
        f"it is about {NAME}, expected other-0.0.4a2.tar.gz",
    ),
    "another version": (
        DistributionFile(project="x", version="x", filename="pypi_attestation_models-0.0.4.tar.gz", sha256=DIGEST),
        f"it is about {NAME}, expected pypi_attestation_models-0.0.4.tar.gz",
    ),
    "a name that is none": (
        DistributionFile(project="x", version="x", filename="x.exe", sha256=DIGEST),
        f"it is about {NAME}, expected x.exe",
    ),
}


@pytest.mark.parametrize(("file", "reason"), WRONG_FILE.values(), ids=WRONG_FILE)
def test_an_attestation_of_another_file(
    verifier: AttestationVerifier, real: dict[str, Any], file: DistributionFile, reason: str
) -> None:
    found = verifier.verify(file, provenance([real], CLAIM))
    assert found == FileAttestation(filename=file.filename, state=AttestationStatus.INVALID, reason=reason)


CLAIMS = {
    "another repository": {**CLAIM, "repository": "evil/pypi-attestation-models"},
    "another workflow": {**CLAIM, "workflow": "publish.yml"},
    "another service": {"kind": "GitLab", "repository": CLAIM["repository"], "workflow_filepath": "release.yml"},
    "a person": {"kind": "Google", "email": "somebody@example.org"},
    "no workflow": {"kind": "GitHub", "repository": CLAIM["repository"]},
}


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_a_claim_that_the_certificate_does_not_prove(
    verifier: AttestationVerifier, real: dict[str, Any], claim: dict[str, str]
) -> None:
    found = verifier.verify(FILE, provenance([real], claim))
    assert (found.state, found.publishers) == (AttestationStatus.INVALID, ())
    assert found.reason.startswith("the certificate is not the claimed publisher's: ")


def test_one_bad_attestation_spoils_the_good_ones(
    verifier: AttestationVerifier, real: dict[str, Any], other: dict[str, Any]
) -> None:
    for pair in ([real, other], [other, real]):
        assert verifier.verify(FILE, provenance(pair, CLAIM)).state is AttestationStatus.INVALID


NOT_UNDERSTOOD = {
    "no JSON": (b"{", "its provenance object is malformed: "),
    "another shape": (b"[]", "its provenance object is malformed: "),
    "no bundles": (b'{"version": 1}', "its provenance object is malformed: "),
    "deep": (b'{"version": 1, "attestation_bundles": ' + b"[" * 100_000, "its provenance object is malformed: "),
    "empty": (b'{"version": 1, "attestation_bundles": []}', "its provenance object has no attestation in it"),
    "an empty bundle": (provenance([], CLAIM), "its provenance object has no attestation in it"),
    "a newer object": (provenance([{}], CLAIM, version=2), "its provenance object has version 2, expected 1"),
    "a newer attestation": (provenance([{"version": 2}], CLAIM), "its attestation has version 2, expected 1"),
    "an unknown publisher": (
        provenance([{"version": 1}], {"kind": "ActiveState"}),
        "its publisher is of kind ActiveState, which is unknown",
    ),
}


@pytest.mark.parametrize(("document", "reason"), NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD)
def test_what_is_not_understood_is_not_examined(verifier: AttestationVerifier, document: bytes, reason: str) -> None:
    found = verifier.verify(FILE, document)
    assert (found.state, found.publishers, found.remedy) == (AttestationStatus.NOT_EXAMINED, (), UPDATE_REMEDY)
    assert found.reason.startswith(reason)


def test_another_instance_of_sigstore_is_not_trusted(real: dict[str, Any], shared_data: Path, tmp_path: Path) -> None:
    staging = shared_data / "sigstore" / "trusted-roots" / "staging" / "trusted_root.json"
    verifier = AttestationVerifier(given_root(staging), PublisherCache(tmp_path))
    found = verifier.verify(FILE, provenance([real], CLAIM))
    assert found.state is AttestationStatus.INVALID
    assert "the claimed publisher" not in found.reason  # refused before anybody looked at the claim


def test_a_given_root_is_the_one_that_counts(
    verifier: AttestationVerifier, other: dict[str, Any], shared_data: Path, tmp_path: Path
) -> None:
    """The second real attestation is of the staging instance, by a person: there only the claim is wrong."""
    staging = shared_data / "sigstore" / "trusted-roots" / "staging" / "trusted_root.json"
    document = provenance([other], CLAIM)
    reasons = [
        one.verify(FILE, document).reason
        for one in (verifier, AttestationVerifier(given_root(staging), PublisherCache(tmp_path)))
    ]
    assert [reason.startswith("the certificate is not the claimed publisher's") for reason in reasons] == [False, True]


def test_what_verified_is_remembered_for_the_same_bytes_and_root_only(
    real: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared_data: Path
) -> None:
    cache, document = PublisherCache(tmp_path), provenance([real], CLAIM)
    first = AttestationVerifier(embedded_root(), cache).verify(FILE, document)
    again = AttestationVerifier(embedded_root(), cache)
    monkeypatch.setattr(again, "_loaded", lambda: pytest.fail("verified once more"))
    assert again.verify(FILE, document) == first
    monkeypatch.undo()
    assert again.verify(FILE, document.replace(b"release.yml", b"publish.yml")).state is AttestationStatus.INVALID
    staging = shared_data / "sigstore" / "trusted-roots" / "staging" / "trusted_root.json"
    assert AttestationVerifier(given_root(staging), cache).verify(FILE, document).state is AttestationStatus.INVALID


@pytest.mark.parametrize("text", ["", "{}", "[]", "not JSON"])
def test_a_trusted_root_that_is_none(tmp_path: Path, real: dict[str, Any], text: str) -> None:
    path = tmp_path / "root.json"
    path.write_text(text)
    verifier = AttestationVerifier(given_root(path), PublisherCache(tmp_path / "cache"))
    with pytest.raises(InputError) as caught:
        verifier.verify(FILE, provenance([real], CLAIM))
    assert caught.value.message.startswith(f"{path}: is no trusted root of sigstore: ")
    assert caught.value.hint == "Give another with --trusted-root, or none for the embedded one."


class _Signed:
    """A verifier whose signature check has passed, for statements that no honest signer makes."""

    def __init__(self, payload: bytes, *, payload_type: str = "application/vnd.in-toto+json", asks: bool = True):
        self._answer, self._asks = (payload_type, payload), asks

    def verify_dsse(self, bundle: Any, policy: Any) -> tuple[str, bytes]:
        if self._asks:
            policy.verify(bundle.signing_certificate)
        return self._answer


STATEMENT = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"name": NAME, "digest": {"sha256": DIGEST}}],
    "predicateType": "https://docs.pypi.org/attestations/publish/v1",
    "predicate": None,
}


def _json(**changes: object) -> bytes:
    return json.dumps(STATEMENT | changes).encode()


SIGNED_NONSENSE: dict[str, tuple[_Signed, str]] = {
    "two subjects": (_Signed(_json(subject=[*STATEMENT["subject"], {}])), "expected one subject, found 2"),  # type: ignore[misc]
    "no subject": (_Signed(_json(subject=[])), "expected one subject, found 0"),
    "another predicate": (
        _Signed(_json(predicateType="https://example.org/\x1b[2J")),
        "its predicate type https://example.org/?[2J is not defined by PEP 740",
    ),
    "another statement": (
        _Signed(_json(_type="https://in-toto.io/Statement/v0.1")),
        "expected a statement of type https://in-toto.io/Statement/v1, found https://in-toto.io/Statement/v0.1",
    ),
    "another payload": (
        _Signed(_json(), payload_type="text/plain"),
        "expected a payload of type application/vnd.in-toto+json, found text/plain",
    ),
    "a policy that was not asked": (
        _Signed(_json(), asks=False),
        "the verifier did not check its certificate",
    ),
    "another digest": (
        _Signed(_json(subject=[{"name": NAME, "digest": {"sha256": "0" * 64}}])),
        f"it is about sha256 {'0' * 64}, expected {DIGEST}, which the lock names",
    ),
    "no digest": (
        _Signed(_json(subject=[{"name": NAME, "digest": {"sha512": DIGEST}}])),
        f"it is about sha256 None, expected {DIGEST}, which the lock names",
    ),
    "a name that is no text": (
        _Signed(_json(subject=[{"name": 1, "digest": {"sha256": DIGEST}}])),
        f"it is about 1, expected {NAME}",
    ),
    "no name": (_Signed(_json(subject=[{"digest": {}}])), "the signed statement is malformed: 'name'"),
    "a digest that is no table": (
        _Signed(_json(subject=[{"name": NAME, "digest": "x"}])),
        "the signed statement is malformed: 'str' object has no attribute 'get'",
    ),
    "no object": (
        _Signed(b"[]"),
        "the signed statement is malformed: list indices must be integers or slices, not str",
    ),
    "no JSON": (_Signed(b"{"), "the signed statement is malformed: statement: not valid JSON: "),
    "a key twice": (
        _Signed(_json()[:-1] + b', "subject": []}'),
        "the signed statement is malformed: statement: not valid JSON: duplicate key 'subject'",
    ),
}


@pytest.mark.parametrize(("signed", "reason"), SIGNED_NONSENSE.values(), ids=SIGNED_NONSENSE)
def test_a_signature_does_not_make_nonsense_valid(
    verifier: AttestationVerifier,
    real: dict[str, Any],
    signed: _Signed,
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(verifier, "_loaded", lambda: signed)
    found = verifier.verify(FILE, provenance([real], CLAIM))
    assert found.state is AttestationStatus.INVALID
    assert found.reason.startswith(reason)


def test_the_stand_in_accepts_what_is_right(
    verifier: AttestationVerifier, real: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifier, "_loaded", lambda: _Signed(_json()))
    assert verifier.verify(FILE, provenance([real], CLAIM)).publishers == (PUBLISHER,)
