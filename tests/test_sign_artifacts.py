"""Signing a release: by one of ours or not at all, whole or called unsigned, and never twice without need."""

from __future__ import annotations

import base64
import json
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from ops.supply_chain import assemble_release, retain_artifacts, sign_artifacts, summarise_release
from ops.supply_chain.adapters.sigstore import services as sigstore_services
from ops.supply_chain.adapters.sigstore import signer as sigstore_client
from ops.supply_chain.contracts.files.provenance import Statement
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.gather.trust.signing import files as signing_files
from ops.supply_chain.rehearsal import certificates
from ops.supply_chain.rehearsal.clocks import Service
from ops.supply_chain.rehearsal.faults import InjectedFault
from ops.supply_chain.rehearsal.instance import GITHUB_IDENTITY, RehearsalInstance
from ops.supply_chain.release.assembly.checksums import format_checksums
from ops.supply_chain.runner import stage as stage_runner
from ops.supply_chain.runner.clock import read_clock
from ops.supply_chain.sign_artifacts import NO_SUMMARY
from tests.fakes.signing import IDENTITY, ISSUER
from tests.release.signing_world import FILES, World, identity, verify_each_once
from tests.typed import typed

ASSEMBLED = [
    "N-V-checksums.txt",
    "N-V-evidence.tar.gz",
    "N-V-gate.json",
    "N-V-provenance.intoto.json",
    "N-V-sbom.cdx.json",
    "N-V-sbom.spdx.json",
]
ATTESTATIONS = [f"N-V-{what}.attestation.sigstore.json" for what in ("provenance", "sbom", "release")]
SERVICES: tuple[Service, ...] = ("oidc", "fulcio", "rekor", "tsa")


@pytest.fixture
def instance() -> Iterator[RehearsalInstance]:
    with RehearsalInstance() as found:
        yield found


@pytest.fixture
def world(tmp_path: Path, instance: RehearsalInstance, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(sigstore_services, "REPEAT_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(sigstore_services, "TIMEOUT_SECONDS", (2.0, 2.0))
    monkeypatch.setattr("sigstore._internal.timestamp.CLIENT_TIMEOUT", 2.0)
    verify_each_once(monkeypatch)
    return World(tmp_path, instance, monkeypatch)


def untouched(world: World) -> None:
    """Nothing was written here, and nothing was asked of the instance."""
    assert world.names() == ASSEMBLED
    assert world.instance.entries == 0
    assert world.instance.faults.asked("fulcio") == 0


def said(capfd: pytest.CaptureFixture[str]) -> tuple[str, str]:
    found = capfd.readouterr()
    return found.out, found.err


# what is made


def test_every_file_has_a_bundle_that_verifies(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    world.must_sign()
    signed = [*ASSEMBLED, "N-V-trusted_root.json"]
    assert world.names() == sorted([*signed, *(f"{name}.sigstore.json" for name in signed), *ATTESTATIONS])
    verified = world.verified()
    assert {(one.san, one.issuer) for one in verified.values()} == {(IDENTITY, ISSUER)}
    assert len({one.certificate_sha256 for one in verified.values()}) == 1
    assert (world.instance.entries, world.instance.faults.asked("fulcio")) == (FILES, 1)
    out, err = said(capfd)
    digest = sha256_bytes((world.folder / "N-V-trusted_root.json").read_bytes())
    assert out == (
        f"10 of 10 signed: 10 now, 0 kept from an earlier run\n"
        f"  by            {IDENTITY}, issuer {ISSUER}\n"
        f"  trusted root  sha256 {digest}\n"
        "note: mode sigstore\n"
        f"note: {NO_SUMMARY}\n"
    )
    assert err == f"signing as {IDENTITY}, issuer {ISSUER} (token: environment)\n"


def test_the_attestations(world: World) -> None:
    world.must_sign()
    verified = world.verified()
    provenance = (world.folder / "N-V-provenance.intoto.json").read_bytes()
    assert verified[ATTESTATIONS[0]].payload == provenance
    sbom = json.loads(verified[ATTESTATIONS[1]].payload)
    assert sbom["predicateType"] == "https://cyclonedx.org/bom"
    assert sbom["predicate"] == json.loads((world.folder / "N-V-sbom.cdx.json").read_text())
    assert sbom["subject"] == json.loads(provenance)["subject"]


def test_the_trusted_root_is_the_instances(world: World) -> None:
    world.must_sign()
    assert json.loads((world.folder / "N-V-trusted_root.json").read_text()) == json.loads(
        world.instance.trusted_root_json
    )


def test_the_record(world: World) -> None:
    world.must_sign()
    record = world.record()
    assert record["outcome"] == "pass"
    assert record["counts"] == {"files": 10, "kept": 0, "signed": 10, "unsigned": 0}
    assert record["options"] == {"detached": "false", "mode": "sigstore"}
    assert record["notes"] == ["mode sigstore", NO_SUMMARY]
    assert [one["path"] for one in record["reads"]] == [f"dist:release/{name}" for name in ASSEMBLED]
    made = [name for name in world.names() if name not in ASSEMBLED]
    assert [one["path"] for one in record["writes"]] == [f"dist:release/{name}" for name in made]
    for one in record["writes"]:
        assert sha256_bytes((world.release.dist / one["path"].removeprefix("dist:")).read_bytes()) == one["sha256"]
    [feed] = record["feeds"]
    assert feed["sha256"] == sha256_bytes((world.folder / "N-V-trusted_root.json").read_bytes())
    assert str(world.release.base) not in json.dumps(record)


def test_as_json(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    assert world.sign("--format", "json") == 0
    signed = json.loads(said(capfd)[0])["result"]["signed"]
    assert list(signed) == sorted(world.bundles())
    assert {one["identity"] for one in signed.values()} == {IDENTITY}
    assert sorted(one["log_index"] for one in signed.values()) == list(range(FILES))


def test_a_public_log_names_nobody(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    assert world.sign("--public-log") == 0
    assert said(capfd) == ("sign_artifacts: pass (files 10, kept 0, signed 10, unsigned 0)\n", "")


def test_detached_signatures(world: World) -> None:
    world.config(f"[signing]\ndetached = true\n{identity()}")
    world.must_sign()
    found = world.verified()
    for name in [*ASSEMBLED, "N-V-trusted_root.json"]:
        one = found[f"{name}.sigstore.json"]
        assert base64.b64decode((world.folder / f"{name}.sig").read_bytes(), validate=False) == one.signature
        assert (world.folder / f"{name}.sig").read_bytes().endswith(b"\n")
        assert (world.folder / f"{name}.crt").read_bytes() == one.certificate
        # As anybody can check it: the certificate's key over the file's bytes.
        key = x509.load_pem_x509_certificate((world.folder / f"{name}.crt").read_bytes()).public_key()
        assert isinstance(key, EllipticCurvePublicKey)
        key.verify(one.signature, (world.folder / name).read_bytes(), ECDSA(SHA256()))
    assert not list(world.folder.glob("*.attestation.*.sig"))


# what is kept


def test_a_second_run_asks_nobody_and_needs_no_token(world: World) -> None:
    world.must_sign()
    before = world.bundles()
    world.patch.delenv("SIGSTORE_ID_TOKEN")
    world.must_sign()
    assert world.bundles() == before
    assert (world.instance.entries, world.instance.faults.asked("fulcio")) == (FILES, 1)
    assert world.record()["counts"]["kept"] == FILES


def linked(path: Path) -> None:
    path.rename(path.parent.parent / "aside")
    path.symlink_to("../aside")


DAMAGE: dict[str, Callable[[Path], object]] = {
    "gone": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "no bundle": lambda path: path.write_text("{}"),
    "of another file": lambda path: path.write_bytes((path.parent / "N-V-gate.json.sigstore.json").read_bytes()),
    "a link": linked,
    "an attestation": lambda path: path.write_bytes((path.parent / ATTESTATIONS[0]).read_bytes()),
}


@pytest.mark.parametrize(
    "name", ["N-V-sbom.cdx.json.sigstore.json", ATTESTATIONS[1], "N-V-trusted_root.json.sigstore.json"]
)
def test_only_what_does_not_verify_is_signed_again(name: str, world: World) -> None:
    world.must_sign()
    for done, case in enumerate(DAMAGE):
        before = world.bundles()
        DAMAGE[case](world.folder / name)
        world.must_sign()
        assert world.instance.entries == FILES + done + 1, case
        assert {one for one, data in world.bundles().items() if data != before[one]} == {name}, case
        assert not (world.folder / name).is_symlink()
        assert world.record()["counts"] == {"files": 10, "kept": 9, "signed": 10, "unsigned": 0}
        world.verified()


def test_what_somebody_else_signed_is_signed_again(world: World) -> None:
    world.must_sign()
    world.config(identity("new@sealwright.invalid"))
    world.token(world.instance.identity_token("new@sealwright.invalid"))
    world.must_sign()
    assert {one.san for one in world.verified().values()} == {"new@sealwright.invalid"}
    assert world.instance.entries == 2 * FILES


def test_what_was_signed_in_its_time_is_kept_after_a_rotation(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "AUTHORITY_LIFE", timedelta(days=9))
    today, later = read_clock().date(), timedelta(days=3)
    since = {"iat": int(read_clock().timestamp())}
    with RehearsalInstance() as instance:
        world.use(instance)
        world.must_sign()
        new = identity("new@sealwright.invalid", since=(today + timedelta(days=1)).isoformat())
        world.config(identity(until=today.isoformat()) + new)
        for module in (stage_runner, sign_artifacts):
            monkeypatch.setattr(module, "read_clock", lambda: read_clock() + later)
        for service in SERVICES:
            instance.clocks.set_wrong(service, later)
        world.must_sign()
        assert instance.entries == FILES
        (world.folder / "N-V-gate.json.sigstore.json").unlink()
        world.token(instance.identity_token(claims=since))
        assert world.sign() == 4
        world.token(instance.identity_token("new@sealwright.invalid", claims=since))
        world.must_sign()
        assert instance.entries == FILES + 1
        signers = {name: one.san for name, one in world.verified().items()}
        assert signers.pop("N-V-gate.json.sigstore.json") == "new@sealwright.invalid"
        assert set(signers.values()) == {IDENTITY}


def test_another_instance_signs_everything_again(world: World) -> None:
    world.must_sign()
    before = (world.folder / "N-V-trusted_root.json").read_bytes()
    with RehearsalInstance() as other:
        world.use(other)
        world.must_sign()
        assert other.entries == FILES
    assert (world.folder / "N-V-trusted_root.json").read_bytes() != before
    world.verified()


def test_detached_signatures_come_from_the_bundles_and_go_when_unwanted(world: World) -> None:
    world.must_sign()
    world.config(f"[signing]\ndetached = true\n{identity()}")
    world.must_sign()
    (world.folder / "N-V-gate.json.sig").write_text("x")
    world.must_sign()
    assert (world.folder / "N-V-gate.json.sig").read_text() != "x"
    assert len(list(world.folder.glob("*.crt"))) == 7
    assert world.instance.entries == FILES
    world.config(identity())
    world.must_sign()
    assert not [*world.folder.glob("*.crt"), *world.folder.glob("*.sig")]
    assert world.instance.entries == FILES


def test_leftovers_of_a_killed_run_go(world: World) -> None:
    (world.folder / ".N-V-gate.json.sigstore.json.abc.tmp").write_text("{")
    world.must_sign()
    assert not list(world.folder.glob(".*"))


# who may


def test_nobody_is_configured(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    world.config("")
    capfd.readouterr()
    assert world.sign() == 4
    out, err = said(capfd)
    assert out == (
        "not signed: 0 of 10\n"
        "\nHIGH\n  signing.no-identities\n"
        "    what: [signing].identities is empty, so customers would not know whose signature to accept; "
        f"signer: {IDENTITY} (issuer {ISSUER})\n"
        "    next: If this signer is authorized, add to .security-config.toml:\n"
        "      [[signing.identities]]\n"
        f'      identity = "{IDENTITY}"\n'
        f'      issuer = "{ISSUER}"\n'
        '      role = "release"\n'
        f'      from = "{read_clock().date().isoformat()}"\n'
        '      or set [signing].mode to "checksums"\n'
        "\nnote: mode sigstore\n"
    )
    assert err == ""
    untouched(world)
    record = world.record()
    assert (record["outcome"], record["findings"][0]["code"]) == ("fail", "signing.no-identities")


def day(days: int) -> str:
    return (read_clock().date() + timedelta(days=days)).isoformat()


UNLISTED: dict[str, tuple[Callable[[], str], str]] = {
    "another name": (lambda: identity("other@sealwright.invalid"), ""),
    "a name that begins the same": (lambda: identity(f"{IDENTITY}.evil.example"), ""),
    "another issuer": (lambda: identity(issuer="https://other"), f"; {IDENTITY} has the issuer https://other"),
    "over": (lambda: identity(until=day(-1)), f"; {IDENTITY} expired on {day(-1)}, but the signature is from {day(0)}"),
    "not yet": (
        lambda: identity(since=day(1)),
        f"; {IDENTITY} is valid from {day(1)}, but the signature is from {day(0)}",
    ),
    "an expression that matches a part": (
        lambda: identity("").replace('identity = ""\n', 'identity_regex = "rehearsal@sealwright"\n'),
        "",
    ),
}


@pytest.mark.parametrize("case", UNLISTED)
def test_who_is_not_listed_signs_nothing(case: str, world: World) -> None:
    config, why = UNLISTED[case]
    world.config(config())
    assert world.sign() == 4
    untouched(world)
    [finding] = world.record()["findings"]
    assert finding["code"] == "signing.identity-not-listed"
    assert finding["message"] == (
        f"signer {IDENTITY} (issuer {ISSUER}) is not an identity in [signing].identities that is valid today{why}"
    )


def test_the_advised_entry_works(world: World) -> None:
    world.config(identity("other@sealwright.invalid"))
    world.sign()
    advised = world.record()["findings"][0]["next_step"].partition("\n")[2]
    world.config(identity("other@sealwright.invalid") + advised)
    world.must_sign()


def test_an_expression_and_a_workflow(world: World) -> None:
    world.config(
        '[[signing.identities]]\nissuer = "https://token.actions.githubusercontent.com"\n'
        "identity_regex = 'https://github\\.com/sealwright/rehearsal/\\.github/workflows/release\\.yml@refs/tags/v\\d+'\n"
    )
    world.patch.delenv("SIGSTORE_ID_TOKEN")
    for name, value in world.instance.github_environment().items():
        world.patch.setenv(name, value)
    world.must_sign()
    assert {one.san for one in world.verified().values()} == {GITHUB_IDENTITY}


def test_a_gitlab_pipeline(world: World) -> None:
    pipeline = "https://gitlab.com/acme/widget//.gitlab-ci.yml@refs/tags/v1"
    world.config(identity(pipeline, "https://gitlab.com"))
    world.patch.setenv("GITLAB_CI", "true")
    world.token(world.instance.identity_token(pipeline, "https://gitlab.com"))
    world.must_sign()
    assert {(one.san, one.issuer) for one in world.verified().values()} == {(pipeline, "https://gitlab.com")}


def test_a_person_with_a_link_and_a_code_logs_in_once(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    codes = []

    def entered(_prompt: str) -> str:
        link = next(word for word in said(capfd)[1].split() if word.startswith("http"))
        codes.append(urllib.request.urlopen(link, timeout=10).read().decode().strip())  # noqa: S310 - loopback
        return str(codes[-1])

    world.patch.setattr("builtins.input", entered)
    world.patch.delenv("SIGSTORE_ID_TOKEN")
    assert world.sign("--oob", "--format", "json") == 0
    # Link and prompt are not the result.
    assert len(json.loads(said(capfd)[0])["result"]["signed"]) == FILES
    assert (len(codes), world.instance.entries) == (1, FILES)


def test_a_certificate_of_somebody_else_signs_nothing(world: World) -> None:
    # An issuer that nobody knows: the token could stand for its subject, the authority certifies the address.
    world.config(identity("https://example.org/job"))
    world.token(world.instance.identity_token(claims={"sub": "https://example.org/job"}))
    assert world.sign() == 4
    assert world.instance.entries == 0
    assert world.names() == ASSEMBLED
    [finding] = world.record()["findings"]
    assert finding["code"] == "signing.identity-refused"
    assert finding["message"] == (
        f"the certificate names {IDENTITY} (issuer {ISSUER}), which is not an identity in [signing].identities "
        "that is valid today"
    )


def test_an_entry_that_makes_no_sense_is_a_usage_error(world: World) -> None:
    world.config(identity(since="soon"))
    assert world.sign() == 2
    untouched(world)


# what goes wrong


def test_the_authority_refuses(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    world.instance.faults.add("fulcio", InjectedFault(status=403, message="unknown issuer"))
    capfd.readouterr()
    assert world.sign() == 4
    assert said(capfd)[0] == (
        "not signed: 0 of 10\n"
        "\nHIGH\n  signing.identity-refused\n"
        "    what: certificate authority: refused this identity (HTTP 403: unknown issuer)\n"
        "    next: Check that the token is fresh, meant for this instance and from an issuer that it accepts.\n"
        "\nnote: mode sigstore\n"
    )
    assert world.names() == ASSEMBLED
    assert world.record()["outcome"] == "fail"


def test_an_identity_that_ends_while_it_signs_keeps_nothing_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # Begun on its last day, signed after midnight: no customer would accept it.
    world.config(identity(until=day(-1)))
    monkeypatch.setattr(stage_runner, "read_clock", lambda: read_clock() - timedelta(days=1))
    assert world.sign() == 4
    assert world.bundles() == {}
    [finding] = world.record()["findings"]
    assert finding["message"].startswith(
        f"the certificate names {IDENTITY} (issuer {ISSUER}), which is not an identity in "
    )


OUTAGES = {
    "log": ("rekor", InjectedFault(status=400), 4),
    "log hangs up": ("rekor", InjectedFault(drop=True), 3),
    "log is broken": ("rekor", InjectedFault(status=503), 2),
    "log is slow": ("rekor", InjectedFault(hang=60), 3),
    "time stamps are broken": ("tsa", InjectedFault(status=500), 2),
    "time stamps are slow": ("tsa", InjectedFault(hang=60), 1),
    "time stamps": ("tsa", InjectedFault(status=400), 5),
    "authority": ("fulcio", InjectedFault(drop=True), 0),
    "authority says nonsense": ("fulcio", InjectedFault(body=b"x"), 0),
}


@pytest.mark.parametrize("case", OUTAGES)
def test_an_outage_leaves_a_set_that_does_not_look_whole(
    case: str, world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    service, fault, well = OUTAGES[case]
    world.instance.faults.add(service, fault, skip=well)  # type: ignore[arg-type]
    capfd.readouterr()
    assert world.sign() == 5
    done = len(world.bundles())
    assert done == world.instance.entries <= well
    assert said(capfd)[0].startswith(f"not signed: {done} of 10\n")
    record = world.record()
    assert record["outcome"] == "not-examined"
    assert record["counts"] == {"files": 10, "kept": 0, "signed": done, "unsigned": 10 - done}
    assert record["findings"][0]["code"] == "signing.not-examined"
    world.release.must(summarise_release.main)
    assert "  signature not signed: " in said(capfd)[0]
    world.instance.faults.clear()
    world.must_sign()
    assert world.instance.entries == FILES
    assert world.record()["counts"]["kept"] == done
    world.verified()


def by_another_identity(world: World, _other: RehearsalInstance) -> None:
    world.config(identity("new@sealwright.invalid"))
    world.token(world.instance.identity_token("new@sealwright.invalid"))


def after_damage(world: World, _other: RehearsalInstance) -> None:
    for path in world.folder.glob("*.sigstore.json"):
        path.write_bytes(path.read_bytes()[:-1])


REMADE: dict[str, Callable[[World, RehearsalInstance], None]] = {
    "by another instance": lambda world, other: world.use(other),
    "by another identity": by_another_identity,
    "after damage": after_damage,
}


@pytest.mark.parametrize("case", REMADE)
def test_an_outage_while_signing_again_leaves_nothing_that_looks_whole(case: str, world: World) -> None:
    world.config(f"[signing]\ndetached = true\n{identity()}")
    world.must_sign()
    with RehearsalInstance() as other:
        REMADE[case](world, other)
        # Where the authority does not answer, what is there stays as it was.
        before = {name: (world.folder / name).read_bytes() for name in world.names()}
        world.instance.faults.add("fulcio", InjectedFault(drop=True), times=1)
        assert world.sign() == 5
        assert {name: (world.folder / name).read_bytes() for name in world.names()} == before
        world.instance.faults.add("rekor", InjectedFault(status=400), skip=3)
        assert world.sign() == 5
        assert len(world.bundles()) == 3
        world.verified()
        world.instance.faults.clear()
        world.must_sign()
        assert len(world.verified()) == FILES


def test_slow_services_are_waited_for(world: World) -> None:
    for service in SERVICES:
        world.instance.faults.add(service, InjectedFault(hang=0.1))
    world.must_sign()
    assert world.instance.entries == FILES


def test_an_instance_that_is_gone(world: World) -> None:
    with RehearsalInstance() as other:
        world.use(other)
    assert world.sign() == 5
    assert world.bundles() == {}
    assert world.record()["outcome"] == "not-examined"


def test_offline(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    assert world.sign("--offline") == 5
    assert said(capfd)[1] == (
        "error: signing asks a Sigstore instance, and --offline forbids it\n"
        '  next: Run it without --offline, or set [signing].mode to "checksums".\n'
    )
    untouched(world)
    assert world.record()["outcome"] == "not-examined"


NO_TOKENS: dict[str, tuple[Callable[[World], str] | None, str]] = {
    "none": (None, "error: there is no identity token to sign with\n"),
    "no token": (lambda _: "secret", "error: what was given as identity token is no JSON web token\n"),
    "for another audience": (
        lambda world: world.instance.identity_token(claims={"aud": "pypi"}),
        "error: the identity token is not for the audience 'sigstore'\n  next: Ask its issuer for one.\n",
    ),
}


@pytest.mark.parametrize("case", NO_TOKENS)
def test_without_a_token(case: str, world: World, capfd: pytest.CaptureFixture[str]) -> None:
    raw, message = NO_TOKENS[case]
    world.patch.delenv("SIGSTORE_ID_TOKEN")
    if raw is not None:
        world.token(raw(world))
    capfd.readouterr()
    assert world.sign() == 2
    err = said(capfd)[1]
    assert err.startswith(message)
    assert "secret" not in err
    untouched(world)


def test_a_token_that_is_over(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    world.token(world.instance.identity_token(lifetime=-5))
    capfd.readouterr()
    assert world.sign() == 2
    assert said(capfd)[1].startswith("error: the identity token expired at ")
    untouched(world)


def test_a_token_that_ends_on_the_way_leaves_what_is_done(
    world: World, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The clock that certificates and tokens are held against jumps while the batch is signed.
    monkeypatch.setattr(sigstore_client, "WORKERS", 2)

    def clock() -> datetime:
        return read_clock() + timedelta(minutes=11 if len(world.bundles()) >= 3 else 0)

    monkeypatch.setattr(sign_artifacts, "read_clock", clock)
    capfd.readouterr()
    assert world.sign() == 5
    done = len(world.bundles())
    assert 3 <= done < FILES
    assert said(capfd)[0].startswith(
        f"not signed: {done} of 10\n\nINFO\n  signing.not-examined\n    what: the identity token expired at "
    )
    assert world.record()["outcome"] == "not-examined"
    assert world.record()["counts"]["signed"] == done
    monkeypatch.setattr(sign_artifacts, "read_clock", read_clock)
    world.must_sign()
    assert world.instance.entries == FILES


def test_a_fresh_token_continues_a_long_batch(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, late = tmp_path / "token", timedelta(minutes=9, seconds=30)
    path.write_text(world.instance.identity_token(lifetime=300))
    jumped: list[bool] = []

    def clock() -> datetime:
        if len(world.bundles()) >= 3 and not jumped:
            jumped.append(True)
            for service in SERVICES:
                world.instance.clocks.set_wrong(service, late)
            path.write_text(world.instance.identity_token(claims={"iat": int(read_clock().timestamp())}))
        return read_clock() + (late if jumped else timedelta())

    monkeypatch.setattr(sign_artifacts, "read_clock", clock)
    monkeypatch.setattr(sigstore_client, "WORKERS", 2)
    assert world.sign("--identity-token-file", str(path)) == 0
    assert (world.instance.faults.asked("fulcio"), world.instance.entries) == (2, FILES)
    assert len({one.certificate_sha256 for one in world.verified().values()}) == 2


def test_a_bundle_of_ours_that_does_not_verify_is_not_written(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    world.instance.clocks.set_wrong("rekor", timedelta(minutes=11))
    capfd.readouterr()
    assert world.sign() == 6
    assert "the new bundle does not verify: " in said(capfd)[1]
    assert world.bundles() == {}
    assert not (world.release.dist / "records/sign_artifacts.json").exists()


BROKEN: dict[str, Callable[[Path], object]] = {
    "a file is missing": lambda folder: (folder / "N-V-gate.json").unlink(),
    "a file was changed": lambda folder: (folder / "N-V-gate.json").write_text("{}"),
    "a file too many": lambda folder: (folder / "extra.json").write_text("{}"),
    "no provenance": lambda folder: (folder / "N-V-provenance.intoto.json").unlink(),
    "no release": shutil.rmtree,
    "a bundle of nothing": lambda folder: (folder / "extra.sigstore.json").write_text("{}"),
    "a trusted root of another": lambda folder: (folder / "M-V-trusted_root.json").write_text("{}"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_not_the_release_is_not_signed(case: str, world: World) -> None:
    BROKEN[case](world.folder)
    assert world.sign() == 3
    assert world.instance.faults.asked("fulcio") == 0


@pytest.mark.parametrize("more", [("--browser",), ("--oob", "--public-log"), ("--browser", "--public-log")])
def test_to_log_in_takes_a_terminal(more: tuple[str, ...], world: World) -> None:
    assert world.sign(*more) == 2
    untouched(world)


def test_one_credential_at_a_time(world: World, tmp_path: Path) -> None:
    assert world.sign("--oob", "--identity-token-file", str(tmp_path / "t")) == 2
    path = tmp_path / "t"
    path.write_text(world.instance.identity_token())
    world.token("no token at all")
    assert world.sign("--identity-token-file", str(path)) == 0


def test_which_trust_config(world: World) -> None:
    given = world.release.write("project/mine.json", world.instance.trust_config_json)
    world.patch.setenv("SEALWRIGHT_TRUST_CONFIG", "nowhere")
    assert world.sign() == 3
    assert world.sign("--trust-config", str(given)) == 0
    world.patch.delenv("SEALWRIGHT_TRUST_CONFIG")
    world.config(f'[signing]\ntrust_config = "mine.json"\n{identity()}')
    world.must_sign()
    assert world.record()["feeds"][0]["version"] == "[signing].trust_config"


# mode checksums


def test_checksums_call_nobody_and_nothing_signed(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    world.config('[signing]\nmode = "checksums"\n')
    capfd.readouterr()
    for more in ((), ("--offline",)):
        assert world.sign(*more) == 0
        assert said(capfd)[0].startswith("digests published, not signed: N-V-checksums.txt covers 5 files\n")
    untouched(world)
    record = world.record()
    assert record["notes"] == ["mode checksums: digests published, not signed"]
    assert record["options"] == {"mode": "checksums"}
    assert record["counts"] == {"files": 6, "kept": 0, "signed": 0, "unsigned": 6}
    assert record["writes"] == []
    world.release.must(summarise_release.main)
    lines = said(capfd)[0].splitlines()
    assert "  signature digests published, not signed (mode checksums)" in lines
    assert lines[-1] == f"  next      check it as a customer would: cd {world.folder} && sha256sum -c N-V-checksums.txt"


def test_checksums_beside_signatures_are_refused(world: World) -> None:
    world.must_sign()
    world.config('[signing]\nmode = "checksums"\n')
    assert world.sign() == 3


# rehearsals


def rehearsed(world: World) -> None:
    """Make the release one of a rehearsal, as its provenance would say."""
    path = world.folder / "N-V-provenance.intoto.json"
    statement = json.loads(path.read_text())
    statement["predicate"]["buildDefinition"]["externalParameters"]["rehearsal"] = True
    path.write_bytes(canonical.encode(canonical.decode(json.dumps(statement).encode(), Statement, where="p")))
    digests = {
        one.name: sha256_bytes(one.read_bytes()) for one in world.folder.iterdir() if "checksums" not in one.name
    }
    (world.folder / "N-V-checksums.txt").write_bytes(format_checksums(digests))


def test_a_rehearsal_is_signed_by_the_made_up_identity_and_says_so(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    world.config("")
    rehearsed(world)
    world.patch.setenv("SEALWRIGHT_REHEARSAL", "1")
    capfd.readouterr()
    world.must_sign()
    assert said(capfd)[0].endswith(
        "\n  a rehearsal: verifies only against its own root\nnote: mode sigstore\nnote: rehearsal\n"
        f"note: {NO_SUMMARY}\n"
    )
    assert world.record()["notes"] == ["mode sigstore", "rehearsal", NO_SUMMARY]
    world.token(world.instance.identity_token("other@sealwright.invalid"))
    (world.folder / ATTESTATIONS[0]).unlink()
    assert world.sign() == 4


def test_a_rehearsal_keeps_to_the_configured_identities(world: World) -> None:
    world.config(identity("other@sealwright.invalid"))
    rehearsed(world)
    world.patch.setenv("SEALWRIGHT_REHEARSAL", "1")
    assert world.sign() == 4
    assert world.instance.entries == 0


def test_a_rehearsal_asks_no_instance_of_others(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    rehearsed(world)
    world.patch.setenv("SEALWRIGHT_REHEARSAL", "1")
    config = json.loads(world.instance.trust_config_json)
    config["signingConfig"]["rekorTlogUrls"][0]["url"] = "https://rekor.invalid"
    world.release.write("trust_config.json", json.dumps(config))
    capfd.readouterr()
    assert world.sign() == 2
    assert said(capfd)[1] == typed(
        "error: SEALWRIGHT_REHEARSAL is set, and the Sigstore instance (SEALWRIGHT_TRUST_CONFIG) is not on loopback\n"
        "  next: Unset SEALWRIGHT_REHEARSAL, or rehearse with nox -s rehearse.\n",
        world.release.root,
    )
    assert world.instance.faults.asked("fulcio") == 0


def test_a_rehearsal_needs_no_network(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    rehearsed(world)
    world.patch.setenv("SEALWRIGHT_REHEARSAL", "1")
    world.patch.delenv("SEALWRIGHT_TRUST_CONFIG")
    capfd.readouterr()
    for more in ((), ("--offline",)):
        assert world.sign(*more) == 2
        assert said(capfd)[1] == typed(
            "error: SEALWRIGHT_REHEARSAL is set, and no Sigstore instance is given\n"
            "  next: Unset SEALWRIGHT_REHEARSAL, or rehearse with nox -s rehearse.\n",
            world.release.root,
        )
    world.use(world.instance)
    assert world.sign("--offline") == 0
    assert len(world.verified()) == FILES


def test_a_rehearsal_and_a_release_are_never_taken_for_each_other(world: World) -> None:
    world.patch.setenv("SEALWRIGHT_REHEARSAL", "1")
    assert world.sign() == 3
    world.patch.delenv("SEALWRIGHT_REHEARSAL")
    rehearsed(world)
    assert world.sign() == 3
    assert world.instance.entries == 0


# with the stages around it


def test_assembling_again_takes_the_signatures_away(world: World) -> None:
    world.must_sign()
    world.release.must(assemble_release.main)
    assert world.names() == ASSEMBLED


def test_the_summary_knows_what_was_verified(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    def signature() -> str:
        capfd.readouterr()
        world.release.must(summarise_release.main)
        return next(line for line in said(capfd)[0].splitlines() if line.startswith("  signature"))

    world.must_sign()
    whole = "  signature every file has a .sigstore.json bundle "
    assert signature() == f"{whole}(verified when it was signed)"
    path = world.folder / "N-V-gate.json.sigstore.json"
    data = path.read_bytes()
    path.write_text("{}")
    assert signature() == f"{whole}(not verified in this run)"
    path.write_bytes(data)
    assert signature() == f"{whole}(verified when it was signed)"
    (world.release.dist / "records/sign_artifacts.json").unlink()
    assert signature() == f"{whole}(not verified in this run)"
    (world.folder / "N-V-trusted_root.json.sigstore.json").unlink()
    assert signature() == "  signature not signed: N-V-trusted_root.json without a .sigstore.json bundle"


def test_the_signed_release_is_retained_whole(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    world.config(f"[signing]\ndetached = true\n{identity()}")
    world.must_sign()
    world.release.must(retain_artifacts.main)
    kept = {path.name: path.read_bytes() for path in (world.release.store / "V").iterdir()}
    manifest = json.loads(kept.pop("manifest.json"))
    assert kept == {path.name: path.read_bytes() for path in world.folder.iterdir()}
    kinds = {one["name"]: one["media_type"] for one in manifest["files"]}
    assert kinds["N-V-gate.json.sigstore.json"] == "application/vnd.dev.sigstore.bundle.v0.3+json"
    assert kinds["N-V-trusted_root.json"] == "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
    assert (kinds["N-V-gate.json.sig"], kinds["N-V-gate.json.crt"]) == ("text/plain", "application/x-pem-file")
    world.release.must(assemble_release.main)
    with RehearsalInstance() as other:
        world.use(other)
        world.must_sign()
    capfd.readouterr()
    world.release.must(retain_artifacts.main)
    assert "retained already, and not changed: in dist/release/ " in said(capfd)[0]


def test_what_was_retained_unsigned_is_not_said_to_be_retained_signed(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    world.release.must(retain_artifacts.main)
    world.must_sign()
    capfd.readouterr()
    assert world.release.run(retain_artifacts.main) == 4
    assert said(capfd)[0] == (
        "not retained\n\nMEDIUM\n  retention.retained-unsigned\n"
        "    what: V is retained without signatures, and a retained release never changes\n"
        "    next: Keep the signed files elsewhere, or release under a new version; sign before retaining.\n"
    )
    world.release.must(summarise_release.main)
    assert "  retained  no" in said(capfd)[0].splitlines()


def test_no_option_takes_a_token(capfd: pytest.CaptureFixture[str]) -> None:
    assert sign_artifacts.main(["--help"]) == 0
    options = {word for word in said(capfd)[0].split() if word.startswith("--")}
    assert {one for one in options if "token" in one} == {"--identity-token-file"}


@pytest.mark.parametrize(
    ("limit", "why"),
    [("MOST_DOCUMENT_BYTES", "a verifier reads 33000 at most"), ("MOST_DOCUMENTS_BYTES", "documents would have")],
)
def test_what_no_verifier_would_read_is_refused_before_anything_is_signed(
    world: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], limit: str, why: str
) -> None:
    monkeypatch.setattr(signing_files, limit, 33_000)
    before = world.instance.entries
    assert world.sign() == 3
    assert why in capfd.readouterr().err
    assert world.instance.entries == before
