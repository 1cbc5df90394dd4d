"""A release whose files a key signed: by the given key it verifies, by none or another it does not."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
from ops.supply_chain.adapters.sigstore.key_verifier import KeyVerifier
from ops.supply_chain.adapters.sigstore.public_keys import read_pem
from ops.supply_chain.contracts.files.verification import Verification
from ops.supply_chain.contracts.values.signature_names import BUNDLE_SUFFIX
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.trust.verification.check import BundleChecker
from ops.supply_chain.trust.verification.report import as_markdown, text
from tests.fakes.key_signing import KeySigner, Notary
from tests.trust.verification.sealing import CHECKSUMS, PREFIX, unsigned
from tests.trust.verification.world import IDENTITIES, WORKFLOW, World, failing, failures

ATTESTATION = f"{PREFIX}-provenance.attestation{BUNDLE_SUFFIX}"
WHEEL_LIKE = f"{PREFIX}-source.tar.gz"


class Keyed(NamedTuple):
    """The first release, signed again by a key; the notary's root replaces the world's."""

    world: World
    signer: KeySigner
    notary: Notary
    files: dict[str, bytes]

    def judged(
        self, files: dict[str, bytes], *keys: KeySigner, identities: Any = (), root: bytes = b""
    ) -> Verification:
        chosen = root or self.notary.trusted_root
        verifier = KeyVerifier(chosen, [read_pem(key.pem) for key in keys]) if keys else None
        checker = BundleChecker(BundleVerifier(chosen), identities, keys=verifier)
        return self.world.judged(files, checker=checker, keys=tuple(key.sha256 for key in keys))


def signed_by(signer: KeySigner, world: World) -> dict[str, bytes]:
    """The released files with a bundle each, and the attestations, by a key."""
    files = unsigned(world.first)
    bundles = {f"{name}{BUNDLE_SUFFIX}": signer.file(data) for name, data in files.items()}
    for name, data in world.first.files.items():
        if name.endswith(f".attestation{BUNDLE_SUFFIX}"):
            payload = base64.b64decode(json.loads(data)["dsseEnvelope"]["payload"])
            bundles[name] = signer.statement(payload)
    return {**files, **{name: json.dumps(bundle).encode() for name, bundle in bundles.items()}}


@pytest.fixture(scope="module")
def keyed(world: World) -> Keyed:
    signer, notary = KeySigner(ec.generate_private_key(ec.SECP256R1())), Notary()
    return Keyed(world, signer, notary, signed_by(signer, world))


def lines_of(verification: Verification, code: str) -> list[Any]:
    return [line for check in verification.checks if check.code == code for line in check.lines]


def test_every_file_and_attestation_verifies_by_the_key_and_no_log_is_claimed(keyed: Keyed) -> None:
    found = keyed.judged(keyed.files, keyed.signer)
    assert failures(found) == []
    assert found.signed
    for line in lines_of(found, "files.signed"):
        assert line.message == (
            f"signed by key sha256:{keyed.signer.sha256} at an unverified time, no transparency log entry"
        )
        assert line.command == (
            f'cosign verify-blob --bundle {line.subject}{BUNDLE_SUFFIX} --trusted-root "$TRUSTED_ROOT" '
            f'--key "$PUBLIC_KEY" --insecure-ignore-tlog {line.subject}'
        )
        assert (line.signer.key_sha256, line.signer.log_index, line.signer.signed_at) == (keyed.signer.sha256, -1, "")
    assert f"authorized key: sha256:{keyed.signer.sha256}; a key does not identify its owner" in text(found)
    assert "$PUBLIC_KEY is the file with the signer's public key" in text(found)
    assert "| not proved | no transparency log entry |" in as_markdown(found)


def test_a_log_entry_and_a_timestamp_are_told(keyed: Keyed) -> None:
    signer = KeySigner(ec.generate_private_key(ec.SECP384R1()), logged=keyed.notary, stamped=keyed.notary)
    found = keyed.judged(signed_by(signer, keyed.world), signer)
    assert failures(found) == []
    for line in lines_of(found, "files.signed"):
        assert line.message.endswith("Z, transparency log entry verified")
        assert "--insecure-ignore-tlog" not in line.command
    assert "no transparency log entry" not in as_markdown(found)


@pytest.mark.parametrize("several", [False, True])
def test_a_key_that_did_not_sign_is_a_failure(keyed: Keyed, several: bool) -> None:
    others = [KeySigner(ec.generate_private_key(ec.SECP256R1())), KeySigner(ed25519.Ed25519PrivateKey.generate())]
    found = keyed.judged(keyed.files, *(others if several else others[:1]))
    assert {"files.signed", "attestations.signed"} <= failing(found)
    assert "is signed by another key, or over other bytes, than given" in text(found)
    assert failures(keyed.judged(keyed.files, *others, keyed.signer)) == []


def test_without_a_key_nothing_signed_by_one_verifies(keyed: Keyed) -> None:
    found = keyed.judged(keyed.files, identities=IDENTITIES)
    assert {"files.signed", "attestations.signed"} <= failing(found)
    assert "is signed with a key, but none was given: pass the signer's public key with --key" in text(found)


def test_where_only_a_key_may_sign_an_identity_may_not(keyed: Keyed) -> None:
    found = keyed.judged(keyed.world.first.files, keyed.signer, root=keyed.world.root)
    assert {"files.signed", "attestations.signed"} <= failing(found)
    assert "only the given keys are authorized, and it is signed by " in text(found)


def test_a_key_and_identities_may_each_sign_a_part(keyed: Keyed) -> None:
    mixed = {
        **keyed.files,
        **{name: keyed.world.first.files[name] for name in (f"{CHECKSUMS}{BUNDLE_SUFFIX}", ATTESTATION)},
    }
    found = keyed.judged(mixed, keyed.signer, identities=IDENTITIES, root=keyed.world.root)
    assert failures(found) == []
    assert {bool(line.signer.key_sha256) for line in lines_of(found, "files.signed")} == {True, False}


def test_a_key_replaces_no_other_check(keyed: Keyed) -> None:
    lost = {name: data for name, data in keyed.files.items() if name != f"{CHECKSUMS}{BUNDLE_SUFFIX}"}
    assert failing(keyed.judged(lost, keyed.signer)) == {"files.signed"}
    name = f"{PREFIX}-gate.json"
    edited = keyed.files[name].replace(b'"allow"', b'"deny"') + b" "
    resigned = json.dumps(keyed.signer.file(edited)).encode()
    found = keyed.judged({**keyed.files, name: edited, f"{name}{BUNDLE_SUFFIX}": resigned}, keyed.signer)
    assert "files.signed" not in failing(found)
    assert {"files.listed", "provenance.subjects"} <= failing(found)


@pytest.mark.parametrize("name", [CHECKSUMS, f"{PREFIX}-gate.json"])
def test_a_file_or_a_bundle_that_was_changed_fails(keyed: Keyed, name: str) -> None:
    assert "files.signed" in failing(keyed.judged({**keyed.files, name: keyed.files[name] + b"\n"}, keyed.signer))
    bundle = json.loads(keyed.files[f"{name}{BUNDLE_SUFFIX}"])
    bundle["messageSignature"]["signature"] = base64.b64encode(b"0" * 70).decode()
    tampered = {**keyed.files, f"{name}{BUNDLE_SUFFIX}": json.dumps(bundle).encode()}
    assert failing(keyed.judged(tampered, keyed.signer)) == {"files.signed"}
    swapped = {**keyed.files, f"{name}{BUNDLE_SUFFIX}": keyed.files[f"{PREFIX}-provenance.intoto.json{BUNDLE_SUFFIX}"]}
    assert failing(keyed.judged(swapped, keyed.signer)) == {"files.signed"}


def test_detached_signatures_are_those_of_the_bundles_and_no_certificate_is_made_up(keyed: Keyed) -> None:
    names = [name for name in keyed.files if not name.endswith(BUNDLE_SUFFIX)]
    detached = {
        f"{name}.sig": json.loads(keyed.files[f"{name}{BUNDLE_SUFFIX}"])["messageSignature"]["signature"].encode()
        + b"\n"
        for name in names
    }
    assert failures(keyed.judged({**keyed.files, **detached}, keyed.signer)) == []
    forged = {**keyed.files, **detached, f"{CHECKSUMS}.sig": b"AAAA\n"}
    assert failing(keyed.judged(forged, keyed.signer)) == {"files.detached"}
    for invented in (b"", b"-----BEGIN CERTIFICATE-----\n"):
        files = {**keyed.files, **detached, f"{CHECKSUMS}.crt": invented}
        assert failing(keyed.judged(files, keyed.signer)) == {"files.detached"}


def lay(folder: Path, keyed: Keyed, signer: KeySigner, files: dict[str, bytes]) -> list[str]:
    """Write a release, a key and the root; return the options of a customer."""
    (folder / "release").mkdir()
    for name, data in files.items():
        (folder / "release" / name).write_bytes(data)
    (folder / "key.pub").write_bytes(signer.pem)
    (folder / "root.json").write_bytes(keyed.notary.trusted_root)
    return [str(folder / "release"), "--rehearsal", "--trusted-root", str(folder / "root.json"), "--offline"]


def verify(keyed: Keyed, folder: Path, *words: str) -> int:
    from ops.supply_chain import verify_release

    folders = ["--project", str(keyed.world.project), "--dist", str(folder / "dist")]
    return verify_release.main([*words, *folders, "--verbose"])


def test_the_stage_takes_a_key_and_the_configured_identities_do_not_count(
    keyed: Keyed, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    # An Ed25519 key signs whole files, archives included, which the stage reads for it.
    signer = KeySigner(ed25519.Ed25519PrivateKey.generate())
    words = lay(tmp_path, keyed, signer, signed_by(signer, keyed.world))
    assert verify(keyed, tmp_path, *words, "--key", str(tmp_path / "key.pub")) == 0
    assert f"authorized key: sha256:{signer.sha256}" in capfd.readouterr().out
    assert verify(keyed, tmp_path, *words) == 4
    (tmp_path / "other.pub").write_bytes(keyed.signer.pem)
    assert verify(keyed, tmp_path, *words, "--key", str(tmp_path / "other.pub")) == 4
    both = ("--key", str(tmp_path / "other.pub"), "--key", str(tmp_path / "key.pub"))
    assert verify(keyed, tmp_path, *words, *both, "--vsa", str(tmp_path / "vsa.json"), "--format", "json") == 0
    document = json.loads(capfd.readouterr().out.rpartition("\n{")[2].join(["{", ""]))
    assert document["result"]["outcome"] == Outcome.FAIL.value  # a rehearsal stays one
    assert verify(keyed, tmp_path, *words, "--key", str(tmp_path / "key.pub"), "--identity", WORKFLOW) == 2


def test_the_summary_names_the_keys_in_its_policy(keyed: Keyed, tmp_path: Path) -> None:
    words = lay(tmp_path, keyed, keyed.signer, keyed.files)
    digests = set()
    (tmp_path / "other.pub").write_bytes(KeySigner(ec.generate_private_key(ec.SECP256R1())).pem)
    for keys in (["key.pub"], ["key.pub", "other.pub"], ["key.pub", "key.pub"]):
        given = [word for name in keys for word in ("--key", str(tmp_path / name))]
        assert verify(keyed, tmp_path, *words, *given, "--vsa", str(tmp_path / "vsa.json")) == 0
        policy = json.loads((tmp_path / "vsa.json").read_bytes())["predicate"]["policy"]
        digests.add(policy["digest"]["sha256"])
    assert len(digests) == 2


def test_an_unreadable_key_is_a_usage_error_and_a_private_one_is_never_shown(
    keyed: Keyed, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = lay(tmp_path, keyed, keyed.signer, keyed.files)
    private = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "private").write_bytes(private)
    for name in ("none", "empty", "private"):
        assert verify(keyed, tmp_path, *words, "--key", str(tmp_path / name)) == 2
        said = capfd.readouterr()
        assert f"--key {tmp_path / name}: " in said.err
        assert private.split(b"\n")[1].decode() not in said.err + said.out
    assert "holds a PRIVATE key" in said.err


def test_the_stand_alone_verifier_takes_a_key(
    keyed: Keyed, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ops.supply_chain.sessions import stand_alone

    words = lay(tmp_path, keyed, keyed.signer, keyed.files)
    monkeypatch.setattr(sys, "argv", ["sealwright-verify"])
    assert stand_alone.main([*words, "--key", str(tmp_path / "key.pub"), "--verbose"]) == 0
    assert f"authorized key: sha256:{keyed.signer.sha256}" in capfd.readouterr().out
    assert stand_alone.main(words) == 4
    assert stand_alone.main([*words, "--key", str(tmp_path / "none")]) == 2
