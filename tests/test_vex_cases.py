"""VEX whose author is not known, of the future or without its BOM suppresses nothing; the author is shown wherever it does."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain import check_vulnerabilities, report_findings
from ops.supply_chain.contracts.config.file import parse_config
from ops.supply_chain.core.errors import ExitCode, InputError
from ops.supply_chain.gather.risk.vex import load_vex_files, with_authors
from ops.supply_chain.rehearsal.instance import RehearsalInstance
from ops.supply_chain.risk.vex.apply import apply_vex
from tests.cases import case
from tests.fakes.advisories import affected, record, snapshot
from tests.fakes.gate_project import GateProject, at
from tests.fakes.signing import IDENTITY, ISSUER, Batch, clear_platform, file_request
from tests.risk.vex.support import finding
from tests.test_advisory_cases import gate_on

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
RECORD = record(
    "GHSA-vexx-0001-0001", affected("vx", "introduced 0, fixed 2"), aliases=["CVE-2026-96001"],
    published="2026-11-01T00:00:00Z", modified="2026-11-27T00:00:00Z",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, NOW)
    clear_platform(monkeypatch)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def named(path: Path, name: str = "Some Body") -> str:
    return f'[[vex_authors]]\nname = "{name}"\nsha256 = "{sha256(path)}"\n'


def vex_case(name: str, folder: Path) -> tuple[GateProject, Path]:
    """Return a gate on a case's project with its advisory, and the folder of the case."""
    found = case(name, folder)
    gate = gate_on(found / "project", folder / "gate")
    gate.zip.write_bytes(snapshot(RECORD))
    return gate, found


def outcome(gate: GateProject, document: Path, *words: str, authors: str = "") -> tuple[int, str, dict[str, str]]:
    """Return exit code, the `waived_by` of the vulnerability, and message by code of all other findings."""
    gate.write(".security-config.toml", authors)
    code = gate.run("--vex", str(document), *words)
    found = {each.code: each for each in gate.record().findings}
    known = found.pop("vulnerability.known")
    return code, known.waived_by, {code: f"{each.message} | {each.next_step}" for code, each in found.items()}


# Documents of the cases.


@pytest.mark.parametrize("name", ["a-exact", "l-ownproduct", "m-ownproduct-noversion"])
def test_an_unsigned_document_needs_its_author_and_digest(tmp_path: Path, name: str) -> None:
    gate, folder = vex_case("advisory-openvex", tmp_path)
    document = folder / "vex" / f"{name}.json"
    code, by, notes = outcome(gate, document)
    assert (code, by, list(notes)) == (ExitCode.DENIED, "", ["vex.unknown-author"])
    assert f'[[vex_authors]] name = "Some Body", sha256 = "{sha256(document)}"' in notes["vex.unknown-author"]
    assert "open findings that it is about: vx 1.0" in notes["vex.unknown-author"]
    code, by, notes = outcome(gate, document, authors=named(document))
    assert (code, notes) == (ExitCode.PASS, {})
    assert by == "VEX: https://example.org/vex/1, not_affected (vulnerable_code_not_present), by Some Body, digest"
    document.write_text(document.read_text() + "\n")  # another document, although it states the same
    assert outcome(gate, document, authors=(gate.root / ".security-config.toml").read_text())[0] == ExitCode.DENIED


def test_a_document_without_an_author_suppresses_nothing(tmp_path: Path) -> None:
    gate, folder = vex_case("advisory-openvex", tmp_path)
    document = folder / "vex" / "s-noauthor.json"
    code, by, notes = outcome(gate, document, authors=named(document))
    assert (code, by) == (ExitCode.DENIED, "")
    assert "is not signed, and names no author" in notes["vex.unknown-author"]


STAYS_OPEN = {
    "b-noversion": "vex.unmatched",
    "g-impact-only": "vex.no-justification",
    "h-later-affected": "",
    "i-lastupdated": "",
    "k-otherproduct": "vex.unmatched",
    "n-ownproduct-sub-noversion": "vex.unmatched",
    "o-future": "vex.future",
    "q-unknown-id": "vex.unmatched",
}


@pytest.mark.parametrize("name", STAYS_OPEN)
def test_what_a_trusted_author_states_without_effect(tmp_path: Path, name: str) -> None:
    gate, folder = vex_case("advisory-openvex", tmp_path)
    document = folder / "vex" / f"{name}.json"
    code, by, notes = outcome(gate, document, authors=named(document))
    assert (code, by, list(notes)) == (ExitCode.DENIED, "", [STAYS_OPEN[name]] if STAYS_OPEN[name] else [])


def test_a_statement_of_the_future_does_not_count_and_is_named(tmp_path: Path) -> None:
    gate, folder = vex_case("advisory-vex-future", tmp_path)
    document = folder / "vex" / "future.json"
    code, by, notes = outcome(gate, document, authors=named(document))
    assert (code, by, list(notes)) == (ExitCode.DENIED, "", ["vex.future"])
    assert "1 of 2 statements are dated 2099-01-01T00:00:00+00:00, which is in the future" in notes["vex.future"]


def with_author(document: Path) -> Path:
    """Give a CycloneDX VEX an author, which those of the cases do not have."""
    content = json.loads(document.read_text())
    content["metadata"]["authors"] = [{"name": "Some Body"}]
    document.write_text(json.dumps(content))
    return document


@pytest.mark.parametrize("name", ["vex-other-product.json", "vex/f-link-v2.json", "vex/k-bomlink-product.json"])
def test_a_link_to_a_bom_that_is_absent_is_unresolved(tmp_path: Path, name: str) -> None:
    gate, folder = vex_case("advisory-cyclonedx", tmp_path)
    assert outcome(gate, folder / name)[:2] == (ExitCode.DENIED, "")
    document = with_author(folder / name)
    code, by, notes = outcome(gate, document, authors=named(document))
    assert (code, by, list(notes)) == (ExitCode.DENIED, "", ["vex.unresolved"])
    assert "with --vex-bom FILE." in notes["vex.unresolved"]
    other = "other-bom.json" if name.startswith("vex/") else "bom.json"
    assert outcome(gate, document, "--vex-bom", str(folder / other), authors=named(document))[0] == ExitCode.DENIED


@pytest.mark.parametrize(
    ("name", "bom", "code"),
    [
        ("vex-other-product.json", "other-bom.json", ExitCode.DENIED),
        ("vex/f-link-v2.json", "bom.json", ExitCode.DENIED),
        ("vex/f-link-v2.json", "bom2.json", ExitCode.PASS),
        ("vex/d-link-encoded.json", "bom.json", ExitCode.PASS),
        ("vex/e-link-raw.json", "bom.json", ExitCode.PASS),
        ("vex/k-bomlink-product.json", "bom.json", ExitCode.DENIED),
    ],
)
def test_a_link_to_a_given_bom(tmp_path: Path, name: str, bom: str, code: int) -> None:
    gate, folder = vex_case("advisory-cyclonedx", tmp_path)
    document = with_author(folder / name)
    found = outcome(gate, document, "--vex-bom", str(folder / bom), authors=named(document))
    assert (found[0], bool(found[1])) == (code, code == ExitCode.PASS)


ANY_STATUS = st.sampled_from(["not_affected", "fixed", "affected", "under_investigation"])
ANY_STATEMENT = st.fixed_dictionaries(
    {
        "vulnerability": st.sampled_from(
            [{"name": "CVE-2026-96001"}, {"name": "GHSA-vexx-0001-0001"}, {"name": "X-1"}]
        ),
        "products": st.sampled_from([[{"@id": f"pkg:pypi/{name}"}] for name in ("vx@1.0", "vx", "thing", "thing@1.0")]),
        "status": ANY_STATUS,
        "justification": st.sampled_from(["vulnerable_code_not_present", "component_not_present"]),
        "timestamp": st.sampled_from(["2026-11-01T00:00:00Z", "2026-11-27T00:00:00Z", "2099-01-01T00:00:00Z"]),
    }
)


@given(statements=st.lists(ANY_STATEMENT, max_size=4), author=st.sampled_from(["Some Body", "Them", ""]))
@settings(derandomize=True, max_examples=20, deadline=None)
def test_no_document_by_an_unknown_author_changes_an_outcome(
    tmp_path_factory: pytest.TempPathFactory, statements: list[dict[str, Any]], author: str
) -> None:
    folder = tmp_path_factory.mktemp("unknown")
    known = folder / "known.json"
    known.write_text(json.dumps(statement(statements=statements)))
    unknown = folder / "unknown.json"
    unknown.write_text(json.dumps(statement(author=author, **{"@id": "urn:unknown"})))
    config = parse_config(named(known))
    files = load_vex_files([known, unknown], [], root=folder, config=config)
    open_finding = finding("vx", "1.0", "CVE-2026-96001", "GHSA-vexx-0001-0001")
    both, alone = (
        [each for each in apply_vex([open_finding], given, now=NOW, products=["pkg:pypi/thing@1.0"]) if each.package]
        for given in (with_authors(files, config), with_authors(files[:1], config))
    )
    assert both == alone


# Signed documents.


class Signed(NamedTuple):
    """An instance's trust config, a document and its bundle."""

    trust_config: str
    document: bytes
    bundle: bytes


def statement(author: str = "Some Body", **changes: Any) -> dict[str, Any]:
    return {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://example.org/vex/1",
        "author": author,
        "role": "vendor",
        "timestamp": "2026-11-10T00:00:00Z",
        "version": 1,
        "statements": [
            {
                "vulnerability": {"name": "CVE-2026-96001"},
                "products": [{"@id": "pkg:pypi/vx@1.0"}],
                "status": "not_affected",
                "justification": "vulnerable_code_not_present",
            }
        ],
        **changes,
    }


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signed]:
    folder = tmp_path_factory.mktemp("signed")
    content = json.dumps(statement())
    with RehearsalInstance() as instance:
        batch = Batch(instance, folder)
        batch.sign([file_request(content)])
        yield Signed(instance.trust_config_json, content.encode(), batch.made[content].data)


SIGNER = f'[[vex_authors]]\nidentity = "{IDENTITY}"\nissuer = "{ISSUER}"\n'
OWN_INSTANCE = '[signing]\ntrust_config = "trust.json"\n'


def signed_gate(folder: Path, signed: Signed) -> tuple[GateProject, Path]:
    gate = GateProject(folder, check_vulnerabilities.main)
    gate.lock("vx==1.0")
    gate.feed(RECORD)
    gate.write("trust.json", signed.trust_config)
    document = folder / "v.openvex.json"
    document.write_bytes(signed.document)
    Path(f"{document}.sigstore.json").write_bytes(signed.bundle)
    return gate, document


def test_a_signed_document_counts_by_its_signer(tmp_path: Path, signed: Signed) -> None:
    gate, document = signed_gate(tmp_path, signed)
    code, by, notes = outcome(gate, document, authors=SIGNER + OWN_INSTANCE)
    assert (code, notes) == (ExitCode.PASS, {})
    assert by.endswith(f", by Some Body (vendor), signed by {IDENTITY}, issuer {ISSUER}")
    assert [ref.path for ref in gate.record().reads if ref.path.startswith("vex:")] == [
        "vex:v.openvex.json",
        "vex:v.openvex.json.sigstore.json",
    ]


@pytest.mark.parametrize(
    ("authors", "words"),
    [
        (OWN_INSTANCE, "which [[vex_authors]] does not list"),
        (SIGNER.replace(IDENTITY, "x@y.example") + OWN_INSTANCE, f'[[vex_authors]] identity = "{IDENTITY}"'),
        (SIGNER.replace(ISSUER, "https://y.example") + OWN_INSTANCE, "has the issuer https://y.example"),
        (f'{SIGNER}repository = "acme/vex"\n{OWN_INSTANCE}', "is for the repository github.com/acme/vex"),
        (f'{SIGNER}until = "2020-01-01"\n{OWN_INSTANCE}', "expired on 2020-01-01"),
        (SIGNER, "has a signature that does not verify"),  # by an instance that the project does not know
    ],
)
def test_a_signed_document_by_someone_else_changes_nothing(
    tmp_path: Path, signed: Signed, authors: str, words: str
) -> None:
    gate, document = signed_gate(tmp_path, signed)
    code, by, notes = outcome(gate, document, authors=authors)
    assert (code, by, list(notes)) == (ExitCode.DENIED, "", ["vex.unknown-author"])
    assert words in notes["vex.unknown-author"]


def test_without_its_bundle_a_signed_document_is_unsigned(tmp_path: Path, signed: Signed) -> None:
    gate, document = signed_gate(tmp_path, signed)
    Path(f"{document}.sigstore.json").unlink()
    code, by, notes = outcome(gate, document, authors=SIGNER + OWN_INSTANCE)
    assert (code, by) == (ExitCode.DENIED, "")
    assert "or put v.openvex.json.sigstore.json next to it" in notes["vex.unknown-author"]


PARTS = ("signature", "digest", "certificate", "document")


def tampered(signed: Signed, part: str, where: int, bit: int) -> tuple[bytes, bytes]:
    """Return document and bundle with one bit of a part changed."""
    content = json.loads(signed.bundle)
    places = {
        "signature": (content["messageSignature"], "signature"),
        "digest": (content["messageSignature"]["messageDigest"], "digest"),
        "certificate": (content["verificationMaterial"]["certificate"], "rawBytes"),
    }
    if part == "document":
        return _flipped(signed.document, where, bit), signed.bundle
    holder, key = places[part]
    holder[key] = base64.b64encode(_flipped(base64.b64decode(holder[key]), where, bit)).decode()
    return signed.document, json.dumps(content).encode()


def _flipped(data: bytes, where: int, bit: int) -> bytes:
    place = where % len(data)
    return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


@given(part=st.sampled_from(PARTS), where=st.integers(0, 10**6), bit=st.integers(0, 7))
@settings(derandomize=True, max_examples=20, deadline=None)
def test_nothing_tampered_with_is_trusted(
    tmp_path_factory: pytest.TempPathFactory, signed: Signed, part: str, where: int, bit: int
) -> None:
    gate, document = signed_gate(tmp_path_factory.mktemp("tampered"), signed)
    authors = named_bytes(signed.document) if part != "document" else named_bytes(signed.document) + SIGNER
    config = parse_config(authors + OWN_INSTANCE)
    [whole] = with_authors(load_vex_files([document], [], root=gate.root, config=config), config)
    assert whole.trust.basis == "digest"
    for path, data in zip(
        (document, Path(f"{document}.sigstore.json")), tampered(signed, part, where, bit), strict=True
    ):
        path.write_bytes(data)
    try:
        [found] = with_authors(load_vex_files([document], [], root=gate.root, config=config), config)
    except InputError:
        assert part == "document"  # it is no VEX any more
        return
    assert found.trust.basis == ""


def named_bytes(data: bytes) -> str:
    return f'[[vex_authors]]\nname = "Some Body"\nsha256 = "{hashlib.sha256(data).hexdigest()}"\n'


# Where it is shown.


def test_report_and_sarif_show_the_author(tmp_path: Path, signed: Signed) -> None:
    gate, document = signed_gate(tmp_path, signed)
    assert outcome(gate, document, authors=SIGNER + OWN_INSTANCE)[0] == ExitCode.PASS
    folders = ["--project", str(gate.root), "--dist", str(gate.dist), "--artifacts", str(gate.artifacts)]
    report_findings.main([*folders, "--cache", str(gate.folder / "cache")])
    written = [path.read_text() for path in (gate.dist / "findings").rglob("*") if path.is_file()]
    assert len(written) >= 3
    assert all("by Some Body (vendor), signed by" in text for text in written)


def test_each_project_of_a_fleet_has_its_own_authors(tmp_path: Path, signed: Signed) -> None:
    gate, document = signed_gate(tmp_path, signed)
    for name, authors in (("one", named_bytes(signed.document)), ("two", "")):
        folder = gate.folder / name
        folder.mkdir()
        (folder / ".security-config.toml").write_text(f'component_name = "{name}"\n{authors}')
        (folder / "requirements.txt").write_text("vx==1.0\n")
    (gate.folder / "fleet.txt").write_text("one\ntwo\n")
    Path(f"{document}.sigstore.json").unlink()
    assert gate.run("--vex", str(document), "--fleet", str(gate.folder / "fleet.txt")) == ExitCode.DENIED
    assert [
        (each.path, bool(each.waived_by)) for each in gate.record().findings if each.code == "vulnerability.known"
    ] == [("one/requirements.txt", True), ("two/requirements.txt", False)]
    assert "vex.unknown-author" in {each.code for each in gate.record().findings}


@pytest.mark.parametrize("entry", ['name = "x"', 'identity_regex = ".*"\nissuer = "https://x.example"'])
def test_a_wrong_entry_stops_the_stage_even_without_vex(tmp_path: Path, signed: Signed, entry: str) -> None:
    gate, _ = signed_gate(tmp_path, signed)
    gate.write(".security-config.toml", f"[[vex_authors]]\n{entry}\n")
    assert gate.run() == ExitCode.USAGE
