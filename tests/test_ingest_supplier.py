"""ingest_supplier, run as its users run it: each document is accepted, quarantined or refused, and the reason names what to correct."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ops.supply_chain import ingest_supplier
from ops.supply_chain.adapters.files import supplier_store
from ops.supply_chain.adapters.registry import engine
from ops.supply_chain.adapters.registry.address import registry_address
from ops.supply_chain.adapters.registry.reader import RegistryReader
from ops.supply_chain.contracts.values.registry import IntakeDecision, PackageName, RegisteredDocument
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.rehearsal.instance import RehearsalInstance
from ops.supply_chain.runner import stage as stage_runner
from tests.benchmarks import measure
from tests.conftest import REPOSITORY
from tests.fakes import supplier_server
from tests.fakes.compiled_rules import compiled_once
from tests.fakes.key_signing import KeySigner
from tests.fakes.signing import IDENTITY, ISSUER, Batch, file_request
from tests.formats.received import large

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SHARED = Path(os.environ.get("SEALWRIGHT_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
SIGNER = KeySigner(ec.generate_private_key(ec.SECP256R1()))
STRANGER = KeySigner(ec.generate_private_key(ec.SECP256R1()))
CONFIG = """component_name = "N"
[[suppliers]]
name = "Acme"
keys = ["acme.pem"]
products = ["pkg:generic/thing", "pkg:npm/%40acme/*"]
formats = ["CycloneDX", "OpenVEX"]
max_age_days = 30
[[suppliers]]
name = "Other Inc"
products = ["pkg:pypi/th*"]
"""


def sbom(
    version: str = "1.0", *, made: str = "2026-11-28T00:00:00Z", purl: str = "pkg:generic/thing", **more: Any
) -> bytes:
    root = {"type": "application", "bom-ref": "r", "name": "thing", "version": version, "purl": f"{purl}@{version}"}
    part = {"type": "library", "bom-ref": "a", "name": "a", "version": "1", "purl": "pkg:npm/a@1"}
    head = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}
    return json.dumps(
        {**head, "metadata": {"timestamp": made, "component": root}, "components": [part], **more}
    ).encode()


class World:
    """A project with two suppliers, and what they sent."""

    def __init__(self, base: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.base, self.capfd = base, capfd
        self.project, self.artifacts, self.inbox = base / "project", base / "artifacts", base / "inbox"
        self.project.mkdir()
        self.inbox.mkdir()
        (self.project / ".security-config.toml").write_text(CONFIG)
        (self.project / "acme.pem").write_bytes(SIGNER.pem)

    def sent(self, name: str, data: bytes, signature: bytes | None = None, end: str = ".sigstore.json") -> Path:
        (self.inbox / name).write_bytes(data)
        if signature is not None:
            (self.inbox / f"{name}{end}").write_bytes(signature)
        return self.inbox / name

    def run(self, *words: str | Path) -> tuple[int, str]:
        self.capfd.readouterr()
        code = ingest_supplier.main(
            ["--project", str(self.project), "--artifacts", str(self.artifacts), *map(str, words)]
        )
        shown = self.capfd.readouterr()
        return code, shown.out + shown.err

    def documents(self) -> dict[str, RegisteredDocument]:
        with RegistryReader(registry_address(self.artifacts)) as reader:
            return {document.name: document for document in reader.documents()}

    def codes(self, name: str) -> set[str]:
        return {reason.code.partition(".")[2] for reason in self.documents()[name].reasons}


@pytest.fixture
def world(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(stage_runner, "read_clock", lambda: NOW)
    monkeypatch.delenv("SEALWRIGHT_REGISTRY_URL", raising=False)
    monkeypatch.delenv("SEALWRIGHT_REGISTRY_TENANT", raising=False)
    with compiled_once():
        yield World(tmp_path, capfd)


def bundle(data: bytes, signer: KeySigner = SIGNER) -> bytes:
    return json.dumps(signer.file(data)).encode()


def attestation(data: bytes, about: str) -> dict[str, Any]:
    statement = {"_type": "https://in-toto.io/Statement/v1", "subject": [{"name": "x", "digest": {"sha256": about}}]}
    return SIGNER.statement(json.dumps({**statement, "predicateType": "x", "predicate": {}}).encode())


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def detached(data: bytes) -> bytes:
    return b64encode(SIGNER._sign(data))


GOOD = sbom()
SIGNED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "a Sigstore bundle": (".sigstore.json", bundle),
    "a detached signature in base64": (".sig", detached),
    "a detached signature": (".sig", SIGNER._sign),
    "an attestation about the document": (
        ".intoto.json",
        lambda data: json.dumps(attestation(data, sha256(data))).encode(),
    ),
    "an envelope about the document": (
        ".dsse.json",
        lambda data: json.dumps(attestation(data, sha256(data))["dsseEnvelope"]).encode(),
    ),
}


@pytest.mark.parametrize("name", SIGNED)
def test_a_good_document_is_accepted_and_its_components_are_found(world: World, name: str) -> None:
    end, sign = SIGNED[name]
    code, text = world.run(world.sent("a.json", GOOD, sign(GOOD), end))
    assert (code, text) == (ExitCode.PASS, "1 document: 1 accepted, 0 quarantined, 0 refused\n")
    document = world.documents()["a.json"]
    assert (document.supplier, document.product, document.product_version) == ("Acme", "pkg:generic/thing", "1.0")
    assert document.signer == f"key sha256:{SIGNER.sha256}"
    with RegistryReader(registry_address(world.artifacts)) as reader:
        [hit] = reader.find(PackageName("npm", "", "a"))
    assert (hit.document, hit.component.version) == (document, "1")


class Keyless(NamedTuple):
    """A bundle over the good document by an identity, and the trusted root that it verifies with."""

    bundle: bytes
    root: str


@pytest.fixture(scope="module")
def keyless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyless]:
    content = GOOD.decode()
    with RehearsalInstance() as instance:
        batch = Batch(instance, tmp_path_factory.mktemp("signed"))
        batch.sign([file_request(content)])
        yield Keyless(batch.made[content].data, instance.trusted_root_json)


IDENTITIES = {
    "the identity": (IDENTITY, ISSUER, True, IntakeDecision.ACCEPTED, set()),
    "another name": ("x@y.example", ISSUER, True, IntakeDecision.QUARANTINED, {"signed"}),
    "another issuer": (IDENTITY, "https://y.example", True, IntakeDecision.QUARANTINED, {"signed"}),
    "another trusted root": (IDENTITY, ISSUER, False, IntakeDecision.REFUSED, {"signature_verifies"}),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_a_keyless_signature_counts_by_its_identity(world: World, keyless: Keyless, name: str) -> None:
    identity, issuer, rooted, decision, codes = IDENTITIES[name]
    entry = f'identities = [{{identity = "{identity}", issuer = "{issuer}"}}]'
    (world.project / ".security-config.toml").write_text(CONFIG.replace('keys = ["acme.pem"]', entry))
    (world.base / "root.json").write_text(keyless.root)
    words: list[str | Path] = ["--trusted-root", world.base / "root.json"] if rooted else []
    world.run(world.sent("a.json", GOOD, keyless.bundle), *words)
    document = world.documents()["a.json"]
    assert (document.decision, world.codes("a.json")) == (decision, codes)
    assert (document.supplier, document.signer) == ("Acme", IDENTITY if decision is IntakeDecision.ACCEPTED else "")


def test_a_document_in_a_signed_envelope_is_accepted(world: World) -> None:
    data = json.dumps(SIGNER.statement(GOOD, "application/vnd.cyclonedx+json")).encode()
    assert world.run(world.sent("a.json", data))[0] == ExitCode.PASS
    assert world.documents()["a.json"].product == "pkg:generic/thing"


TAGS = b"""SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
DocumentName: d
DocumentNamespace: https://x.example/d
Creator: Tool: x-1
Created: 2026-11-28T00:00:00Z
PackageName: thing
SPDXID: SPDXRef-p
PackageDownloadLocation: NOASSERTION
"""

BAD: dict[str, tuple[bytes, bytes | None, IntakeDecision, set[str]]] = {
    "unsigned": (GOOD, None, IntakeDecision.QUARANTINED, {"signed"}),
    "signed by a stranger": (GOOD, bundle(GOOD, STRANGER), IntakeDecision.REFUSED, {"signature_verifies"}),
    "over other bytes": (GOOD, bundle(GOOD + b" "), IntakeDecision.REFUSED, {"signature_verifies"}),
    "an attestation about another document": (
        GOOD, json.dumps(attestation(GOOD, "0" * 64)).encode(), IntakeDecision.REFUSED, {"signature_verifies"},
    ),
    "no signature at all": (GOOD, b"no JSON", IntakeDecision.QUARANTINED, {"signed"}),
    "too old": (
        sbom(made="2026-10-29T11:59:59Z"), bundle(sbom(made="2026-10-29T11:59:59Z")), IntakeDecision.QUARANTINED, {"current"},
    ),
    "from the future": (
        sbom(made="2027-01-01T00:00:00Z"), bundle(sbom(made="2027-01-01T00:00:00Z")), IntakeDecision.QUARANTINED, {"current"},
    ),
    "another product": (
        sbom(purl="pkg:gem/x"), bundle(sbom(purl="pkg:gem/x")), IntakeDecision.QUARANTINED, {"product"},
    ),
    "breaks the schema": (
        sbom(serialNumber="no"), bundle(sbom(serialNumber="no")), IntakeDecision.QUARANTINED, {"valid"},
    ),
    "no SBOM": (b"hello", bundle(b"hello"), IntakeDecision.REFUSED, {"readable"}),
    "empty": (b"", None, IntakeDecision.REFUSED, {"readable"}),
    "another format": (
        TAGS,
        None, IntakeDecision.QUARANTINED, {"signed", "known_supplier"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_document_is_named_with_what_is_wrong(world: World, name: str) -> None:
    data, signature, decision, codes = BAD[name]
    code, text = world.run(world.sent("a.json", data, signature))
    assert code == ExitCode.DENIED
    assert f"1 {decision.value}" in text
    assert world.documents()["a.json"].decision is decision
    assert world.codes("a.json") == codes


def test_the_stated_supplier_and_the_signer_must_be_the_same(world: World) -> None:
    path = world.sent("a.json", GOOD, bundle(GOOD))
    assert world.run("--supplier", "Other Inc", path)[0] == ExitCode.DENIED
    assert world.codes("a.json") == {"stated_supplier"}
    code, text = world.run("--supplier", "Nemo", path)
    assert code == ExitCode.USAGE
    assert "there are: Acme, Other Inc" in text


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_what_a_supplier_signs_as_the_page_describes_is_accepted(world: World) -> None:
    page = (REPOSITORY / "docs/suppliers.md").read_text()
    commands = [line for line in page.splitlines() if line.startswith("openssl ")]
    assert len(commands) == 3
    path = world.sent("thing-2.1.cdx.json", GOOD)
    for command in commands:
        subprocess.run(shlex.split(command), cwd=world.inbox, check=True, capture_output=True)
    (world.inbox / "acme.pem").replace(world.project / "acme.pem")
    assert world.run(path)[0] == ExitCode.PASS


def test_of_two_suppliers_that_signed_the_stated_one_counts(world: World) -> None:
    other = KeySigner(ec.generate_private_key(ec.SECP256R1()))
    (world.project / "other.pem").write_bytes(other.pem)
    also = 'name = "Other Inc"\nkeys = ["other.pem", "acme.pem"]'
    (world.project / ".security-config.toml").write_text(CONFIG.replace('name = "Other Inc"', also))
    data = sbom(purl="pkg:pypi/thing")
    path = world.sent("a.json", data, bundle(data))
    assert world.run(path)[0] == ExitCode.DENIED
    assert world.documents()["a.json"].supplier == "Acme"
    world.sent("a.json", data, b64encode(other._sign(data)), ".sig")
    assert world.run("--supplier", "Other Inc", path)[0] == ExitCode.PASS
    assert world.documents()["a.json"].supplier == "Other Inc"


def test_the_same_document_again_is_known_and_a_signature_makes_it_accepted(world: World) -> None:
    path = world.sent("a.json", GOOD)
    world.run(path)
    world.sent("a.json", GOOD, bundle(GOOD))
    code, text = world.run(path)
    assert code == ExitCode.PASS
    assert "1 document (1 received before): 1 accepted" in text
    assert world.documents()["a.json"].decision is IntakeDecision.ACCEPTED


def test_rebuilt_from_the_stored_bytes_the_registry_is_the_same_and_follows_the_configuration(world: World) -> None:
    world.sent("a.json", GOOD, bundle(GOOD))
    world.sent("b.json", sbom("2.0"))
    world.sent("c.json", b"hello")
    world.run(world.inbox)
    before = world.documents()
    registry_address(world.artifacts).file.unlink()  # type: ignore[union-attr]
    assert world.run("--rebuild")[0] == ExitCode.DENIED
    assert world.documents() == before
    (world.project / ".security-config.toml").write_text(CONFIG.replace("max_age_days = 30", "max_age_days = 0"))
    world.run("--rebuild")
    assert world.codes("a.json") == {"current"}


def test_status_and_request_show_what_is_open(world: World) -> None:
    assert world.run("--status")[0] == ExitCode.USAGE  # there is no registry yet
    world.sent("a.json", GOOD, bundle(GOOD))
    world.sent("b.json", sbom("2.0"))
    _, text = world.run(world.inbox)
    assert "next: nox -s supplier -- " in text
    assert "--request Acme" in text
    code, text = world.run("--status")
    assert code == ExitCode.PASS
    assert text.splitlines()[1:] == [
        "  Acme: 1 accepted, 1 quarantined; 1 product, last received on 2026-11-29",
        "  not met by 1 document: Every document is signed by its supplier",
        "    b.json: it is not signed",
        f"next: nox -s supplier -- --project {world.project} --artifacts {world.artifacts} --request Acme",
    ]
    code, text = world.run("--request", "Acme")
    assert code == ExitCode.PASS
    assert text.startswith("To Acme:\n")
    assert f"b.json (SHA-256 {sha256(sbom('2.0'))}) for pkg:generic/thing 2.0:" in text
    assert "- it is not signed" in text
    assert "a.json" not in text
    code, text = world.run("--request", "Nemo")
    assert code == ExitCode.USAGE
    assert "there are documents of: Acme" in text


def test_who_sent_something_that_no_supplier_signed_is_to_be_configured(world: World) -> None:
    config = world.project / ".security-config.toml"
    config.write_text(config.read_text().partition("[[suppliers]]")[0])
    world.sent("a.json", GOOD)
    world.sent("copy.json", GOOD)
    _, text = world.run(world.inbox)
    step = (
        "next: describe who sent them as [[suppliers]] in .security-config.toml (docs/suppliers.md), "
        f"then nox -s supplier -- --project {world.project} --artifacts {world.artifacts} --rebuild"
    )
    head = "2 documents (1 with the same bytes as another): 0 accepted, 2 quarantined, 0 refused"
    assert text.splitlines()[0] == head
    assert text.splitlines()[-1] == step
    assert world.run("--status")[1].splitlines()[-1] == step
    assert world.run(world.inbox)[1].startswith("2 documents (2 received before): ")


def test_a_document_below_its_profile_is_quarantined_and_the_request_names_each_element(world: World) -> None:
    config = CONFIG.replace("max_age_days = 30", 'max_age_days = 30\nprofile = "ntia-2021"')
    (world.project / ".security-config.toml").write_text(config)
    code, _ = world.run(world.sent("a.json", GOOD, bundle(GOOD)))
    assert code == ExitCode.DENIED
    assert world.codes("a.json") == {"profile"}
    assert world.documents()["a.json"].decision is IntakeDecision.QUARANTINED
    _, text = world.run("--request", "Acme")
    assert "  Every SBOM has the elements of its profile:\n" in text
    assert (
        "Supplier Name (ntia-2021) is missing at 2 of 2 places: /metadata/component (thing 1.0): it has no supplier"
        in text
    )
    assert "Author of SBOM Data (ntia-2021) is missing at 1 of 1 place: " in text
    assert "State it as: CycloneDX: supplier or manufacturer" in text
    (world.project / ".security-config.toml").write_text(CONFIG)
    assert world.run("--rebuild")[0] == ExitCode.PASS


def test_a_score_needs_no_supplier_and_stores_nothing(world: World) -> None:
    path = world.sent("a.json", GOOD)
    code, text = world.run("--score", path)
    assert code == ExitCode.PASS
    assert text.startswith("a.json (CycloneDX 1.6 (JSON), 2 components) passes minimal: 5 of 5 required elements met\n")
    code, text = world.run("--score", path, "--profile", "ntia-2021", "--format", "json")
    assert code == ExitCode.DENIED
    [found] = json.loads(text)["result"]["documents"]
    assert (found["profile"], found["passes"], found["place"]) == ("ntia-2021", False, "a.json")
    missing = {row["element"] for row in found["elements"] if row["missing"] and row["strength"] == "required"}
    assert missing == {"supplier_name", "dependency_relationship", "sbom_author"}
    assert world.run("--score", world.sent("b.json", sbom(serialNumber="no")))[0] == ExitCode.DENIED
    assert world.run("--score", world.sent("c.json", b"hello"))[0] == ExitCode.DENIED
    assert not (world.artifacts / "suppliers").exists()
    assert world.run("--profile", "minimal", path)[0] == ExitCode.USAGE
    code, text = world.run("--score", path, "--profile", "ntia")
    assert (code, "ntia-2021" in text) == (ExitCode.USAGE, True)


def test_a_run_without_documents_is_wrong_or_not_examined(world: World) -> None:
    assert world.run()[0] == ExitCode.USAGE
    assert world.run("--status", world.inbox)[0] == ExitCode.USAGE
    assert world.run(world.inbox)[0] == ExitCode.NOT_EXAMINED
    assert world.run(world.base / "missing")[0] == ExitCode.USAGE


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "Other Inc"', 'name = "Acme"', "is there twice"),
        ('name = "Other Inc"', 'name = " "', "expected a name"),
        ("acme.pem", "missing.pem", "cannot be read"),
        ("acme.pem", ".security-config.toml", "holds no single public key"),
        ('keys = ["acme.pem"]', 'identities = [{issuer = "x"}]', "suppliers[0]: "),
        ("max_age_days = 30", 'max_age_days = "x"', "suppliers[0].max_age_days"),
        ("pkg:npm/%40acme/*", "pkg:npm/*", "suppliers[0]: products has 'pkg:npm/*': all packages of an ecosystem"),
    ],
)
def test_a_supplier_that_cannot_be_used_is_named(world: World, old: str, new: str, message: str) -> None:
    (world.project / ".security-config.toml").write_text(CONFIG.replace(old, new))
    code, text = world.run(world.sent("a.json", GOOD))
    assert code == ExitCode.USAGE
    assert message in text


def test_a_rule_that_cannot_decide_about_one_document_does_not_spoil_its_neighbours(world: World) -> None:
    world.sent("a.json", GOOD, bundle(GOOD))
    deep = sbom("3.0", purl="pkg:npm/" + "x" * 3000)
    world.sent("b.json", deep, bundle(deep))
    world.run(world.inbox)
    assert world.documents()["a.json"].decision is IntakeDecision.ACCEPTED


def test_a_run_that_fails_before_the_registry_loses_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from ops.supply_chain.adapters.registry.writer import RegistryWriter
    from ops.supply_chain.core.errors import OutputError

    def full(*_: object) -> None:
        raise OutputError("registry: the disk is full")

    path = world.sent("a.json", GOOD, bundle(GOOD))
    with monkeypatch.context() as patch:
        patch.setattr(RegistryWriter, "ingest", full)
        code, text = world.run(path)
    assert code == ExitCode.OUTPUT, text
    assert "the disk is full" in text
    assert world.documents() == {}
    assert world.run("--rebuild")[0] == ExitCode.PASS
    assert world.documents()["a.json"].decision is IntakeDecision.ACCEPTED


def test_suppliers_with_the_same_key_or_identity_are_noted(world: World) -> None:
    path = world.sent("a.json", GOOD, bundle(GOOD))
    assert "does not show which" not in world.run(path)[1]
    identities = ["a@x.example", "b@x.example", "a@x.example"]
    more = [
        f'[[suppliers]]\nname = "S{at}"\nkeys = ["k{at}.pem", "k{at}.pem"]\n[[suppliers.identities]]\nidentity = "{identity}"\n'
        f'issuer = "https://{at % 2}.example"\n'
        for at, identity in enumerate(identities)
    ]
    (world.project / ".security-config.toml").write_text(CONFIG + "".join(more))
    for at, signer in enumerate((STRANGER, SIGNER, STRANGER)):
        (world.project / f"k{at}.pem").write_bytes(signer.pem + b"\n" * at)
    text = world.run(path)[1]
    assert text.count("a signature does not show which of them signed") == 3
    assert "suppliers Acme, S1 have the key with the SHA-256" in text
    assert "suppliers S0, S2 have the key with the SHA-256" in text
    assert "suppliers S0, S2 have the identity a@x.example of https://0.example" in text


def test_a_document_at_an_address_is_taken_in_with_its_signature(world: World) -> None:
    with supplier_server.serving() as server:
        url = server.has("/boms/a.json?token=secret", GOOD)
        server.has("/boms/a.json.sigstore.json?token=secret", bundle(GOOD))
        code, text = world.run(url)
        assert (code, text) == (ExitCode.PASS, "1 document: 1 accepted, 0 quarantined, 0 refused\n")
        [record] = world.artifacts.rglob("received.json")
        assert json.loads(record.read_text())["source"] == f"{server.url}/boms/a.json"
        path = world.sent("b.json", sbom("2.0"))
        code, text = world.run(path, f"{server.url}/missing")
        assert code == ExitCode.NOT_EXAMINED
        assert "answered with HTTP status 404" in text or "has no such" in text
        assert set(world.documents()) == {"a.json"}
        assert world.run("--offline", f"{server.url}/boms/a.json")[0] == ExitCode.NOT_EXAMINED


def test_a_name_that_is_no_text_is_taken_in(world: World) -> None:
    path = world.inbox / os.fsdecode(b"\xff.json")
    path.write_bytes(GOOD)
    Path(os.fsdecode(os.fsencode(path) + b".sigstore.json")).write_bytes(bundle(GOOD))
    assert world.run(world.inbox)[0] == ExitCode.PASS
    assert set(world.documents()) == {"?.json"}


@pytest.mark.parametrize("what", ["store", "registry"])
def test_a_full_disk_is_reported_and_the_next_run_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    count = 12
    world.sent("first.json", sbom("0.1"), bundle(sbom("0.1")))
    world.run(world.inbox)
    for number in range(count):
        names = [f"{number}-{at}-{'x' * 300}" for at in range(60)]
        listed = [{"type": "library", "name": name, "version": "1", "purl": f"pkg:npm/{name}@1"} for name in names]
        document = sbom(f"{number}.0", components=listed)
        world.sent(f"{number}.json", document, bundle(document))
    with monkeypatch.context() as patch:
        if what == "store":
            patch.setattr(supplier_store, "_write", filled_after(2 * count, supplier_store._write))
        else:
            patch.setattr(engine, "_prepare_file", without_room(engine._prepare_file))
        code, text = world.run(world.inbox)
    assert code == ExitCode.OUTPUT, text
    assert ("No space left" if what == "store" else "the disk is full") in text
    assert "run again: what was stored before stays" in text
    assert set(world.documents()) == {"first.json"}
    assert not list(world.artifacts.rglob(".tmp-*"))
    code, text = world.run(world.inbox)
    assert code == ExitCode.PASS, text
    assert len(world.documents()) == count + 1


def filled_after(calls: int, write: Callable[[str, bytes], None]) -> Callable[[str, bytes], None]:
    """Return what writes so often, and then finds the disk full."""
    left = iter(range(calls))

    def limited(path: str, data: bytes) -> None:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(path, data)

    return limited


def without_room(prepare: Callable[[Any, object], None]) -> Callable[[Any, object], None]:
    """Return what prepares a connection to a file that cannot grow."""

    def limited(connection: Any, record: object) -> None:
        prepare(connection, record)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}").close()

    return limited


@pytest.mark.whole
def test_a_large_document_is_taken_in_within_a_gigabyte(world: World) -> None:
    """The highest peak of a process counts: of this one, before it, and of those that it starts."""
    path = world.inbox / "large.json"
    large.write(path)
    command = [sys.executable, "-m", "ops.supply_chain.ingest_supplier"]
    folders = ["--project", str(world.project), "--artifacts", str(world.artifacts)]
    seen = measure.run([*command, *folders, str(path)], cwd=REPOSITORY, expected=(4,))
    with RegistryReader(registry_address(world.artifacts)) as reader:
        assert reader.counts().components == large.COMPONENTS
    assert seen.peak_mb < 1000


def corpus() -> list[Path]:
    return sorted(path for kind in ("sbom", "vex") for path in (SHARED / kind).rglob("*") if path.is_file())


def check_corpus(world: World, paths: list[Path]) -> None:
    entry = '[[suppliers]]\nname = "Corpus"\nprofile = "bsi-tr-03183-2"\n'
    (world.project / ".security-config.toml").write_text(CONFIG + entry)
    code, text = world.run("--format", "json", "--supplier", "Corpus", *paths)
    assert code == ExitCode.DENIED
    found = json.loads(text)["result"]["documents"]
    assert len(found) == len(paths)
    for document in found:
        place, reasons = document["place"], document["reasons"]
        assert document["decision"] in {"accepted", "quarantined", "refused"}
        assert reasons, place
        assert not any("did not decide" in reason["message"] for reason in reasons), place
        broken = {reason["code"] for reason in reasons} & {"suppliers.valid", "suppliers.readable"}
        name = place.rpartition("/")[2]
        if name.startswith(("valid-", "invalid-")):
            assert bool(broken) == name.startswith("invalid-"), (place, reasons)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared documents are not there")
def test_real_documents_end_with_reasons_and_are_valid_as_named(world: World) -> None:
    small = [path for path in corpus() if path.stat().st_size < 20_000]
    vectors = [path for path in small if path.name.startswith(("valid-", "invalid-"))]
    assert len(vectors) > 120
    check_corpus(world, [*vectors, *[path for path in small if path not in vectors][::4]])


@pytest.mark.whole
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared documents are not there")
def test_every_real_document_ends_with_reasons(world: World) -> None:
    check_corpus(world, corpus())


def test_without_a_document_it_states_whether_one_was_expected(world: World) -> None:
    code, text = world.run("--rebuild")[:2]
    assert (code, text.strip()) == (ExitCode.PASS, "no document of a supplier is stored yet: nothing to decide about")
    for words in ([str(world.inbox)], ["--score", str(world.inbox)]):
        code, text = world.run(*words)[:2]
        assert (code, text.strip()) == (ExitCode.NOT_EXAMINED, "not examined: no document was found in what was given")
