"""The stage: written, checked and watched, with claims made by hand."""

from __future__ import annotations

import json
import shlex
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ops.supply_chain import generate_security_md
from ops.supply_chain.contracts.files.claims import ClaimsReport
from ops.supply_chain.contracts.files.manifest import Manifest, ManifestFile, PreviousRelease
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.verdict import GateFile
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.assurance.documents import facts as document_input
from ops.supply_chain.gather.trust.verification.inputs import add_options
from ops.supply_chain.gather.trust.verification.signers import chosen_identities
from ops.supply_chain.runner import stage
from ops.supply_chain.runner.context import StageRun
from tests.assurance.documents.support import HOSTILE, IDS, report, source
from tests.assurance.report.support import record as handmade_record
from tests.assurance.report.support import rule, verdict
from tests.fakes.compiled_templates import use_compiled_templates

TODAY = "2026-11-20T12:00:00+00:00"
CONFIG = 'component_name = "acme"\n'
CONTACT = '[reporting]\nemail = "security@acme.example"\n'
WAIVER = (
    '[[waivers]]\nid = "CVE-2026-1"\npackage = "idna"\nreason = "Only | `ours`."\nowner = "ann"\n'
    "date = 2026-11-01\nexpires = {until}\n"
)
ASSERTS = '# {{COMPONENT_NAME}}\n\n{% claim "signed-releases" %}Signed.{% endclaim %}\n'
NAMES = ("acme-1.0-checksums.txt", "acme-1.0-gate.json", "acme-1.0-provenance.intoto.json", "acme-1.0-sbom.cdx.json")


@pytest.fixture(autouse=True)
def _compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    use_compiled_templates(monkeypatch)


class World:
    """A project, what is retained of it, and what the claims say."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.artifacts, self.dist = root / "acme", root / "artifacts", root / "dist"
        self.root.mkdir()
        (self.root / "pyproject.toml").write_text('[project]\nname = "acme"\nversion = "2.0"\n')
        self.configure(CONFIG)
        self.rehearsed: ClaimsReport | None = None
        self.claims = report()
        self.retained: dict[str, ClaimsReport] = {}
        monkeypatch.setattr(document_input, "claims_of", self._claims_of)

    def _claims_of(self, run: StageRun, *, evidence: Path | None, rehearsals: bool) -> ClaimsReport:
        if evidence is not None:
            return self.retained[evidence.name]
        if not (run.artifacts / "supply-chain").is_dir() and not rehearsals:
            return report()
        return self.rehearsed if self.rehearsed is not None and rehearsals else self.claims

    def configure(self, text: str) -> None:
        (self.root / ".security-config.toml").write_text(text)

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def read(self, name: str = "SECURITY.md") -> str:
        return (self.root / name).read_text()

    def retain(
        self,
        *supported: str,
        version: str = "1.0",
        rehearsal: bool = False,
        day: int = 2,
        signed: bool = True,
        verifier: bool = False,
        attested: tuple[str, ...] = (),
        statements: tuple[str, ...] = (),
        conventional: bool = False,
    ) -> None:
        moment = f"2026-11-{day:02}T00:00:00Z"
        before = self.claims.source
        previous = None
        if before is not None:
            previous = PreviousRelease(version=before.version, manifest_sha256=before.manifest_sha256)
        names = [*(name.replace("1.0", version) for name in NAMES), *(["sealwright-verify.pyz"] if verifier else [])]
        names += [*attested, *(f"{name}.publish.attestation" for name in attested)]
        names += [f"{name}.sigstore.json" for name in names if signed] + [f"acme-{version}-verification.json"]
        names += [f"acme-{version}-{what}.attestation.sigstore.json" for what in statements]
        if conventional:
            names = [name.replace(f"acme-{version}-provenance.intoto.json", "build-provenance.json") for name in names]
            names = [name.replace(f"acme-{version}-sbom-", "sbom-") for name in names]
            names = [name.replace(".sigstore.json", ".bundle") for name in names]
        manifest = Manifest(
            schema="manifest/1",
            component="acme",
            version=version,
            created=moment,
            retained_at=moment,
            retained_until="2027-11-02",
            sequence=1,
            previous=previous,
            provenance_sha256="0" * 64,
            files=tuple(ManifestFile(name=one, sha256="0" * 64, size=1, media_type="x") for one in sorted(names)),
        )
        place = self.dist / "rehearsal" / "artifacts" if rehearsal else self.artifacts
        data = canonical.write(place / "supply-chain" / "acme" / version / "manifest.json", manifest)
        told = source(version=version, rehearsal=rehearsal, manifest_sha256=sha256_bytes(data), retained_at=moment)
        claims = self.retained[version] = report(*supported, release=told)
        if rehearsal:
            (self.dist / ".sealwright.lock").touch()
            self.rehearsed = claims
        else:
            self.claims, self.rehearsed = claims, None

    def judge(self, *findings: Finding, version: str = "1.0") -> None:
        """Put the gate file of a retained release in place, with one record that has these findings."""
        judged = handmade_record("check_vulnerabilities", *findings)
        gate = GateFile(schema="gate/1", verdict=verdict(rule()), records=(judged,))
        canonical.write(self.artifacts / "supply-chain" / "acme" / version / f"acme-{version}-gate.json", gate)

    def run(self, *words: str) -> int:
        folders = ["--project", str(self.root), "--dist", str(self.dist), "--artifacts", str(self.artifacts)]
        return generate_security_md.main([*folders, *words])

    def record(self) -> Record:
        return canonical.read(self.dist / "records" / "generate_security_md.json", Record)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(stage, "read_clock", lambda: datetime.fromisoformat(TODAY))
    return World(tmp_path, monkeypatch)


def test_without_a_release_it_says_so_and_leaves_no_record(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    assert world.run() == ExitCode.PASS
    assert "**When this document was generated, no release had been made with this pipeline.**" in world.read()
    assert capfd.readouterr().out == (
        "written: SECURITY.md\nnot configured, not written: security-insights.yml\n"
        "not configured, not written: .well-known/security.txt\n"
        "the document says that there is no release, and none is retained here; if one was made elsewhere, run this there\n"
    )
    assert sorted(path.name for path in world.root.iterdir()) == [
        ".security-config.toml",
        "SECURITY.md",
        "pyproject.toml",
    ]
    assert not world.dist.exists()


def test_twice_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    world.configure(CONFIG + CONTACT + '[documents]\nbadge = "badge.json"\n')
    world.retain(*IDS)
    assert world.run() == ExitCode.PASS
    first = {path: path.read_bytes() for path in world.root.rglob("*") if path.is_file()}
    assert world.root / ".well-known" / "security.txt" in first
    monkeypatch.setattr(stage, "read_clock", lambda: datetime.fromisoformat("2026-11-25T23:00:00+00:00"))
    capfd.readouterr()
    assert world.run() == ExitCode.PASS
    assert {path: path.read_bytes() for path in world.root.rglob("*") if path.is_file()} == first
    assert "written" not in capfd.readouterr().out.replace("not written", "")
    assert world.run("--check", "--strict") == ExitCode.PASS


def test_the_commands_name_the_files_of_the_release(world: World) -> None:
    world.configure(
        CONFIG
        + '[[signing.identities]]\nissuer = "https://i.example"\nidentity = "old@acme.example"\nuntil = 2026-10-31\n'
        '[[signing.identities]]\nissuer = "https://i.example"\nidentity = "new@acme.example"\nfrom = 2026-11-01\n'
    )
    world.retain(*IDS)
    assert world.run() == ExitCode.PASS
    text = world.read()
    assert "sha256sum --check --strict acme-1.0-checksums.txt\n" in text
    for name in NAMES:
        assert (
            f"cosign verify-blob --bundle {name}.sigstore.json --certificate-identity new@acme.example "
            f"--certificate-oidc-issuer https://i.example {name}\n"
        ) in text
    assert "--certificate-identity old@acme.example" not in text
    assert "verify_release.py" not in text, "the customer has no checkout of the pipeline"
    assert "nox -s reproduce -- --project CLONE --release FOLDER\n" in text
    assert "verification.json" not in text
    assert "The release acme 1.0 is retained until 2027-11-02." in text


TYPES = {
    "provenance": "https://slsa.dev/provenance/v1",
    "sbom": "https://cyclonedx.org/bom",
    "vex": "https://openvex.dev/ns/v0.2.0",
    "vulns": "https://in-toto.io/attestation/vulns/v0.2",
    "test-result": "https://in-toto.io/attestation/test-result/v0.1",
    "release": "https://in-toto.io/attestation/release/v0.1",
    "vsa": "https://slsa.dev/verification_summary/v1",
}


@pytest.mark.parametrize("conventional", [False, True])
def test_the_commands_name_files_that_exist_in_either_form_of_names(world: World, *, conventional: bool) -> None:
    world.configure(CONFIG + '[[signing.identities]]\nissuer = "https://i.example"\nidentity = "me@acme.example"\n')
    files = ("acme-1.0.tar.gz", "acme-1.0-sbom-source.cdx.json", "acme-1.0-vex.openvex.json", "acme-1.0-vex.cdx.json")
    world.retain(*IDS, verifier=True, attested=files, statements=tuple(TYPES), conventional=conventional)
    assert world.run() == ExitCode.PASS
    manifest = canonical.read(world.artifacts / "supply-chain" / "acme" / "1.0" / "manifest.json", Manifest)
    there = {file.name for file in manifest.files}
    lines = [
        shlex.split(line.partition(" | sha256sum")[0])
        for line in world.read().splitlines()
        if line.startswith(("cosign ", "jq ", "sha256sum "))
    ]
    assert {words[-1] for words in lines} <= there, lines
    bundles = {words[words.index("--bundle") + 1] for words in lines if words[0] == "cosign"}
    ending = ".bundle" if conventional else ".sigstore.json"
    assert bundles <= there
    assert all(bundle.endswith(ending) for bundle in bundles)
    assert ("build-provenance.json.bundle" in bundles) is conventional
    provenance = "build-provenance.json" if conventional else "acme-1.0-provenance.intoto.json"
    assert [words[-1] for words in lines if words[0] == "jq"] == [
        *("acme-1.0-sbom.cdx.json", "acme-1.0-vex.cdx.json"),
        *(provenance for _ in range(3)),
    ]


@pytest.mark.parametrize("files", [(), ("acme-1.0.tar.gz", "acme-1.0-vex.openvex.json")])
def test_signed_statements_are_verified_with_their_type_in_full(world: World, files: tuple[str, ...]) -> None:
    world.configure(CONFIG + '[[signing.identities]]\nissuer = "https://i.example"\nidentity = "me@acme.example"\n')
    given = tuple(what for what in TYPES if what != "vex" or files)
    world.retain(*IDS, attested=files, statements=given)
    assert world.run() == ExitCode.PASS
    found = [line for line in world.read().splitlines() if line.startswith("cosign verify-blob-attestation")]
    assert found[0] in found[1:], "that of the provenance is in the text, and among all of them in the appendix"
    about = files[0] if files else "acme-1.0-gate.json"
    assert found[1:] == [
        f"cosign verify-blob-attestation --bundle acme-1.0-{what}.attestation.sigstore.json --type {TYPES[what]} "
        f"--certificate-identity me@acme.example --certificate-oidc-issuer https://i.example {about}"
        for what in given
    ]


def options() -> ArgumentParser:
    parser = ArgumentParser()
    add_options(parser)
    return parser


def test_who_signed_is_taken_from_the_verification(world: World) -> None:
    entry = '[[signing.identities]]\nissuer = "https://i.example"\nidentity = "{}@acme.example"\n'
    world.configure(CONFIG + entry.format("ann") + entry.format("bob"))
    world.retain(*IDS, verifier=True)
    assert world.run() == ExitCode.PASS
    text = world.read()
    checked = "grep -F '  sealwright-verify.pyz' acme-1.0-checksums.txt | sha256sum --check --strict -\n"
    assert f"{checked}python3 -m pip install sigstore msgspec\ncat > identities.toml <<'END'\n" in text
    assert "END\npython3 sealwright-verify.pyz --identities identities.toml .\n" in text
    (world.root / "identities.toml").write_text(text.partition("<<'END'\n")[2].partition("END\n")[0])
    published = chosen_identities(options().parse_args(["--identities", str(world.root / "identities.toml")]), ())
    assert {each.identity for each in published} == {"ann@acme.example", "bob@acme.example"}
    claims = tuple(
        msgspec.structs.replace(one, facts={"signers": "bob@acme.example"}) if one.id == "signed-releases" else one
        for one in world.claims.claims
    )
    world.claims = msgspec.structs.replace(world.claims, claims=claims)
    assert world.run() == ExitCode.PASS
    who = "--certificate-identity bob@acme.example --certificate-oidc-issuer https://i.example"
    signed = f"--bundle acme-1.0-checksums.txt.sigstore.json {who} acme-1.0-checksums.txt\n"
    assert f"cosign verify-blob {signed}{checked}python3 -m pip install sigstore msgspec\n" in world.read()
    assert "python3 sealwright-verify.pyz --identity bob@acme.example --issuer https://i.example .\n" in world.read()
    assert "ann@acme.example --certificate" not in world.read()


def test_publish_attestations_are_checked_with_the_tool_of_the_index(world: World) -> None:
    """Only where that tool can check them: the public instance, an identity and not a pattern, and no rehearsal."""
    exact = '[[signing.identities]]\nissuer = "https://i.example"\nidentity = "me@acme.example"\n'
    pattern = '[[signing.identities]]\nissuer = "https://i.example"\nidentity_regex = "me@acme\\\\.example"\n'
    private = '[signing]\ntrust_config = "trust.json"\n'
    world.write("trust.json", "{}")
    names = ("acme-1.0-py3-none-any.whl", "acme-1.0.tar.gz")
    for config, attested, expected in (
        (exact, names, True),
        (exact, (), False),
        (pattern, names, False),
        (private + exact, names, False),
    ):
        (world.root / "SECURITY.md").unlink(missing_ok=True)
        world.configure(CONFIG + config)
        world.retain(*IDS, attested=attested)
        assert world.run() == ExitCode.PASS
        for name in names:
            line = f"pypi-attestations verify attestation --identity me@acme.example {name}\n"
            assert (line in world.read()) is expected
        assert ("PEP 740" in world.read()) is expected


def test_what_an_index_serves_is_compared_with_a_release_that_was_made_for_one(world: World) -> None:
    exact = '[[signing.identities]]\nissuer = "https://i.example"\nidentity = "me@acme.example"\n'
    who = "--identity me@acme.example --issuer https://i.example"
    line = f"python3 sealwright-verify.pyz --package acme==1.0 {who} --out verified-acme .\n"
    for attested, verifier, expected in (
        (("acme-1.0-py3-none-any.whl", "acme-1.0.tar.gz"), True, 1),
        (("acme-1.0-py3-none-any.whl",), False, 0),
        ((), True, 0),
    ):
        (world.root / "SECURITY.md").unlink(missing_ok=True)
        world.configure(CONFIG + exact)
        world.retain(*IDS, attested=attested, verifier=verifier)
        assert world.run() == ExitCode.PASS
        assert world.read().count(line) == expected


def test_a_release_without_signatures_is_verified_as_one(world: World) -> None:
    world.retain(*IDS, signed=False, verifier=True)
    assert world.run() == ExitCode.PASS
    checked = "grep -F '  sealwright-verify.pyz' acme-1.0-checksums.txt | sha256sum --check --strict -\n"
    assert f"{checked}python3 sealwright-verify.pyz --allow-unsigned .\n" in world.read()
    assert "cosign verify-blob" not in world.read()


def test_a_rehearsal_is_told_as_one(world: World) -> None:
    world.retain("signed-releases", rehearsal=True)
    assert world.run() == ExitCode.PASS
    assert "> **This document describes a rehearsal, not a release.**" in world.read()
    assert world.run("--check", "--strict", "--unless-first") == ExitCode.PASS


def test_a_rehearsal_can_be_left_out_and_its_loss_is_no_loss(world: World) -> None:
    world.retain(*IDS, rehearsal=True)
    assert world.run("--releases-only") == ExitCode.PASS
    assert '"evidence": null' in world.read()
    assert world.run() == ExitCode.PASS
    assert '"rehearsal": true' in world.read()
    world.rehearsed = None
    assert world.run("--check") == ExitCode.NOT_EXAMINED
    assert world.run() == ExitCode.PASS
    assert '"evidence": null' in world.read()


@pytest.mark.parametrize("now", ["nothing", "another rehearsal", "a release"])
def test_a_release_does_not_wait_for_a_document_about_an_earlier_rehearsal(
    world: World, now: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A rehearsal is kept until the next one, so no later run can compare the document; it states what it describes."""
    world.retain(*IDS, rehearsal=True)
    assert world.run() == ExitCode.PASS
    before, world.rehearsed = world.read(), None
    if now == "another rehearsal":
        world.retain(*IDS, rehearsal=True, version="1.1", day=11)
    elif now == "a release":
        world.retain(*IDS, version="1.1", day=11)
    release = ("--check", "--strict", "--unless-first")
    assert world.run(*release) == ExitCode.PASS
    assert [finding.code for finding in world.record().findings] == ["document.rehearsed"]
    assert "were not compared" in world.record().findings[0].message
    assert world.record().counts["documents"] == 0
    capfd.readouterr()
    assert world.run("--check") != ExitCode.PASS
    if now == "nothing":
        assert "  next: A rehearsal is kept until the next one. Run nox -s security_md" in capfd.readouterr().err
    world.write("SECURITY.md", before.replace("**This document describes a rehearsal, not a release.**", "Good."))
    assert world.run(*release) in (ExitCode.DENIED, ExitCode.NOT_EXAMINED)
    world.write("SECURITY.md", before)
    assert world.run() == ExitCode.PASS
    assert world.run(*release) == ExitCode.PASS
    assert world.record().findings == ()


def test_claims_that_a_release_does_not_support_deny_whatever_the_document_describes(world: World) -> None:
    world.write("SECURITY.md.template", ASSERTS)
    world.retain("signed-releases", rehearsal=True)
    assert world.run() == ExitCode.PASS
    world.retain(version="1.1", day=11)
    assert world.run("--check", "--strict", "--unless-first") == ExitCode.DENIED
    assert "document.claim-unsupported" in [finding.code for finding in world.record().findings]


def test_a_rehearsal_does_not_make_a_document_stale_that_tells_of_none(world: World) -> None:
    assert world.run() == ExitCode.PASS
    world.retain(*IDS, rehearsal=True)
    assert world.run("--check") == ExitCode.PASS
    world.retain(*IDS)
    assert world.run("--check") == ExitCode.PASS
    assert [finding.code for finding in world.record().findings] == ["document.behind"]


@pytest.mark.parametrize("how", ["--check", "--check --strict", "--watch"])
def test_who_has_not_adopted_is_let_pass(world: World, how: str) -> None:
    world.write("SECURITY.md", "# Ours\n\nWrite to us.\n")
    assert world.run(*how.split()) == ExitCode.PASS
    assert world.record().outcome is Outcome.PASS
    assert world.record().findings == ()


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text + "\nEvery file is signed by our security team.\n",
        lambda text: "Every file is signed.\n\n" + text,
        lambda text: text.replace("<!-- sealwright", "<!-- sealwrong"),
        lambda text: text[: text.index("<!-- sealwright")],
        lambda text: text[: text.index("<!-- sealwright")] + "Every file is signed.\n",
        lambda text: text.replace("## ", "### "),
        lambda _: "",
        lambda _: "\n \n",
    ],
    ids=[
        "after the comment",
        "before the title",
        "in the comment",
        "without it",
        "instead of it",
        "headings",
        "emptied",
        "blank",
    ],
)
def test_an_edited_document_is_stale_wherever_it_was_edited(world: World, edit: Callable[[str], str]) -> None:
    world.retain(*IDS)
    assert world.run() == ExitCode.PASS
    world.write("SECURITY.md", edit(world.read()))
    assert world.run("--check") == ExitCode.DENIED
    assert [finding.code for finding in world.record().findings] == ["document.stale"]


def test_generated_companions_are_checked_without_a_generated_policy(world: World) -> None:
    world.configure(CONFIG + CONTACT)
    assert world.run() == ExitCode.PASS
    world.write("SECURITY.md", "# Ours\n\nWrite to us.\n")
    assert world.run("--check") == ExitCode.DENIED


CLAIMING = "# {{COMPONENT_NAME}}\n\nEvery release artefact is signed.\nWe reach S2C2F level 4.\n\n- See `x.bundle`.\n"


def test_a_sentence_that_contradicts_the_evidence_is_denied(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    world.write("SECURITY.md.template", CLAIMING)
    world.retain("checksums-published", signed=False)
    assert world.run() == ExitCode.PASS
    assert world.run("--check", "--strict") == ExitCode.DENIED
    found = {(finding.code, finding.line) for finding in world.record().findings}
    assert found == {("document.sentence-contradicted", 3), ("document.sentence-contradicted", 6)}
    said = " ".join(finding.message for finding in world.record().findings)
    assert "the claim signed-releases is not supported: Every release artefact is signed." in said
    assert "the S2C2F level that is reached is 0" in said
    assert "the release has no file that ends in .bundle" in said
    before = world.read()
    world.write("SECURITY.md.template", CLAIMING + "\nMore.\n")
    capfd.readouterr()
    assert world.run("--strict") == ExitCode.DENIED
    assert "nothing was written" in capfd.readouterr().out
    assert world.read() == before


def test_a_sentence_that_the_evidence_supports_is_listed(world: World) -> None:
    world.write("SECURITY.md.template", "# {{COMPONENT_NAME}}\n\nEvery release artefact is signed.\n")
    world.retain(*IDS)
    assert world.run("--strict") == ExitCode.PASS
    assert world.run("--check", "--strict") == ExitCode.PASS
    [finding] = world.record().findings
    assert (finding.code, finding.severity) == ("document.sentence-untagged", Severity.INFO)
    assert '{% claim "signed-releases" %}' in finding.next_step


def test_before_the_first_release_no_sentence_is_denied(world: World) -> None:
    world.write("SECURITY.md.template", CLAIMING)
    assert world.run() == ExitCode.PASS
    assert world.run("--check", "--strict", "--unless-first") == ExitCode.PASS
    assert world.run("--check", "--strict") == ExitCode.DENIED


def test_the_built_in_template_needs_no_tags(world: World, repository: Path) -> None:
    world.write("SECURITY.md.template", (repository / "templates" / "SECURITY.md.template").read_text())
    world.retain()
    assert world.run("--strict") == ExitCode.PASS
    assert world.run("--check", "--strict") == ExitCode.PASS
    assert world.record().findings == ()


def test_a_waiver_without_effect_is_not_among_the_accepted(world: World) -> None:
    second = WAIVER.replace("CVE-2026-1", "CVE-2026-2")
    world.configure(CONFIG + WAIVER.format(until="2027-01-31") + second.format(until="2027-01-31"))
    world.retain(*IDS)
    assert world.run() == ExitCode.PASS
    assert "CVE-2026-1" in world.read()
    note = Finding(
        code="waiver.unused",
        severity=Severity.INFO,
        message="waivers[0] (CVE-2026-1) waives nothing",
        next_step="Remove it.",
        package="idna",
        aliases=("CVE-2026-1",),
    )
    world.judge(note)
    assert world.run() == ExitCode.PASS
    assert "CVE-2026-1" not in world.read()
    assert "CVE-2026-2" in world.read()


@pytest.mark.parametrize("adopted", ["template", "configuration"])
def test_who_has_adopted_and_has_no_document_is_stale(
    world: World, adopted: str, capfd: pytest.CaptureFixture[str]
) -> None:
    if adopted == "template":
        world.write("SECURITY.md.template", "# {{COMPONENT_NAME}}\n")
    else:
        world.configure(CONFIG + "[documents]\nadopted = true\n")
    assert world.run("--check") == ExitCode.DENIED
    assert capfd.readouterr().out == (
        "generate_security_md: fail\ndocuments 1, changed 1; 1 open, 0 waived\nSECURITY.md: missing\n\n"
        "HIGH\n  document.stale\n    what: SECURITY.md does not match its template, configuration and evidence\n"
        "    where: SECURITY.md\n    next: "
        f"Run nox -s security_md -- --project {world.root} --artifacts {world.artifacts}, read what changed, and commit it.\n"
    )


def test_configuration_can_say_that_nothing_is_adopted(world: World) -> None:
    world.configure(CONFIG + "[documents]\nadopted = false\n")
    world.write("SECURITY.md.template", "# {{NO_SUCH_THING}}\n")
    assert world.run("--check", "--strict") == ExitCode.PASS


def test_drift_is_denied_with_a_diff(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    world.write("SECURITY.md.template", "# {{COMPONENT_NAME}}\n\nA.\n")
    assert world.run() == ExitCode.PASS
    world.write("SECURITY.md", world.read().replace("A.", "B.\x1b[2J"))
    capfd.readouterr()
    assert world.run("--check") == ExitCode.DENIED
    out = capfd.readouterr().out
    assert "--- SECURITY.md (committed)\n+++ SECURITY.md (expected)\n" in out
    assert "\n-B.?[2J\n+A.\n" in out
    [finding] = world.record().findings
    assert (finding.code, finding.path, finding.severity.value) == ("document.stale", "SECURITY.md", "high")
    assert world.run() == ExitCode.PASS
    assert world.run("--check") == ExitCode.PASS


@pytest.mark.parametrize("damage", ["comment removed", "comment edited", "digest edited"])
def test_an_edited_closing_comment_is_never_current(world: World, damage: str) -> None:
    world.configure(CONFIG + "[documents]\nadopted = true\n")
    world.retain(*IDS)
    assert world.run() == ExitCode.PASS
    text = world.read()
    edited = {
        "comment removed": text[: text.rindex("<!--")],
        "comment edited": text.replace('"schema": ', '"scheme": '),
        "digest edited": text.replace('"manifest_sha256": "', '"manifest_sha256": "0')[:-1],
    }[damage]
    world.write("SECURITY.md", edited)
    assert world.run("--check") == ExitCode.DENIED


def test_releases_in_a_row_pass_without_a_step_for_documents(world: World) -> None:
    """The committed document names its release and is right about it; that it is behind is reported."""
    check = ("--check", "--strict", "--unless-first", "--version")
    assert world.run() == ExitCode.PASS
    committed = world.read()
    for number, version in enumerate(("1.0", "1.1", "1.2"), start=1):
        assert world.run(*check, version) == ExitCode.PASS
        behind = [(finding.code, finding.severity, finding.message) for finding in world.record().findings]
        newest = f"SECURITY.md describes no release, correctly; the newest is 1.{number - 2}"
        assert behind == ([] if number == 1 else [("document.behind", Severity.INFO, newest)])
        assert world.read() == committed
        world.retain(*IDS, version=version, day=number)
    assert world.run() == ExitCode.PASS
    assert world.run(*check, "1.3") == ExitCode.PASS
    assert world.record().findings == ()
    world.retain(*IDS, version="1.3", day=9)
    assert world.run(*check, "1.4") == ExitCode.PASS
    [finding] = world.record().findings
    assert finding.message == "SECURITY.md describes release 1.2, correctly; the newest is 1.3"


@pytest.mark.parametrize("damage", ["edited", "configuration", "removed", "changed"])
def test_a_document_about_an_earlier_release_is_compared_with_that_release(world: World, damage: str) -> None:
    world.retain(*IDS)
    assert world.run() == ExitCode.PASS
    world.retain(*IDS, version="1.1", day=9)
    assert world.run("--check") == ExitCode.PASS
    manifest = world.artifacts / "supply-chain" / "acme" / "1.0" / "manifest.json"
    if damage == "edited":
        world.write("SECURITY.md", world.read().replace("acme-1.0", "acme-1.1"))
    elif damage == "configuration":
        world.configure(CONFIG + '[support]\npolicy = "newest"\n')
    elif damage == "removed":
        manifest.unlink()
    else:
        manifest.write_bytes(manifest.read_bytes().replace(b"2027", b"2028"))
    assert world.run("--check") == ExitCode.DENIED
    assert [finding.code for finding in world.record().findings] == ["document.stale"]
    assert world.run() == ExitCode.PASS
    assert world.run("--check") == ExitCode.PASS
    assert world.record().findings == ()


def test_what_the_newest_release_does_not_support_denies_whatever_the_document_describes(world: World) -> None:
    world.write("SECURITY.md.template", ASSERTS)
    world.retain("signed-releases")
    assert world.run() == ExitCode.PASS
    world.retain(version="1.1", day=9)
    assert world.run("--check", "--strict", "--unless-first") == ExitCode.DENIED
    assert "document.claim-unsupported" in [finding.code for finding in world.record().findings]


def test_a_version_that_is_released_again_has_the_documents_of_its_commit(world: World) -> None:
    """They describe an earlier release, which is not reported: its commit cannot have others."""
    check = ("--check", "--strict", "--unless-first", "--version")
    assert world.run() == ExitCode.PASS
    world.retain("signed-releases", version="1.0")
    assert world.run(*check, "1.0") == ExitCode.PASS
    assert world.record().findings == ()
    assert world.run() == ExitCode.PASS
    second = world.read()
    world.retain(*IDS, version="1.1", day=9)
    assert world.run(*check, "1.1") == ExitCode.PASS
    assert world.record().findings == ()
    assert world.run(*check, "1.2") == ExitCode.PASS
    assert [finding.code for finding in world.record().findings] == ["document.behind"]
    world.write("SECURITY.md", second.replace("signed", "SIGNED"))
    assert world.run(*check, "1.1") == ExitCode.DENIED


@pytest.mark.parametrize("here", ["nothing", "an older release", "a rehearsal"])
@pytest.mark.parametrize("how", ["--check", "--check --strict --unless-first", ""])
def test_evidence_that_is_not_here_is_not_examined_and_not_written_over(
    world: World, here: str, how: str, capfd: pytest.CaptureFixture[str]
) -> None:
    world.retain(*IDS, version="1.1", day=9)
    assert world.run() == ExitCode.PASS
    before = world.read()
    world.claims, world.artifacts = report(), world.artifacts.with_name("elsewhere")
    if here == "an older release":
        world.retain(*IDS)
    elif here == "a rehearsal":
        world.retain(*IDS, rehearsal=True, day=11)
    assert world.run(*how.split()) == ExitCode.NOT_EXAMINED
    assert world.read() == before
    assert capfd.readouterr().err == (
        "error: SECURITY.md: the release 1.1 that it was computed from is not on this machine, so the document "
        "cannot be checked\n  next: Put that retained release into data/artifacts/, or run this where it is retained.\n"
    )
    if how:
        assert world.record().outcome is Outcome.NOT_EXAMINED


def test_a_damaged_store_is_not_called_no_release(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    (world.artifacts / "supply-chain" / "acme" / "1.0").mkdir(parents=True)
    assert world.run() == ExitCode.NOT_EXAMINED
    assert "but the newest one cannot be determined" in capfd.readouterr().err
    assert not (world.root / "SECURITY.md").exists()


def test_evidence_that_changes_meanwhile_is_an_error(world: World) -> None:
    world.retain(*IDS)
    manifest = world.artifacts / "supply-chain" / "acme" / "1.0" / "manifest.json"
    manifest.write_bytes(manifest.read_bytes() + b" ")
    assert world.run() == ExitCode.INPUT


def test_strict_names_the_claim_and_what_is_missing(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    world.write("SECURITY.md.template", ASSERTS)
    world.retain("checksums-published")
    assert world.run("--strict") == ExitCode.DENIED
    assert capfd.readouterr().out == (
        "nothing was written\n\nHIGH\n  document.claim-unsupported\n"
        "    what: claim signed-releases is asserted but not supported: Nothing shows signed-releases.\n"
        "    where: SECURITY.md.template\n"
        "    next: Make a release that supports it, or remove the claim from the template or mark it optional.\n"
    )
    assert not (world.root / "SECURITY.md").exists()
    assert world.run() == ExitCode.PASS
    assert "It is not shown that signed-releases holds." in world.read()
    assert "Signed." not in world.read()
    assert world.run("--check") == ExitCode.PASS
    assert world.run("--check", "--strict", "--unless-first") == ExitCode.DENIED
    assert [one.code for one in world.record().findings] == ["document.claim-unsupported"]


def test_a_first_release_can_be_made(world: World) -> None:
    world.write("SECURITY.md.template", ASSERTS)
    assert world.run() == ExitCode.PASS
    assert "Signed." not in world.read()
    assert world.run("--check", "--strict") == ExitCode.DENIED
    assert world.run("--check", "--strict", "--unless-first") == ExitCode.PASS


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("SECURITY.md", ""),
        (".well-known/security.txt", CONTACT),
        ("security-insights.yml", '[security_insights]\nurl = "https://acme.example/security-insights.yml"\n'),
    ],
)
def test_what_was_not_generated_is_left_alone(
    world: World, name: str, more: str, capfd: pytest.CaptureFixture[str]
) -> None:
    world.configure(CONFIG + more)
    world.write(name, "by hand\n")
    assert world.run() == ExitCode.USAGE
    assert world.read(name) == "by hand\n"
    assert capfd.readouterr().err == (
        f"error: {name}: not generated by sealwright, so not overwritten\n  next: Move what is worth keeping into the "
        "configuration or a SECURITY.md.template, then run again with --replace.\n"
    )


def test_replace_is_consent(world: World) -> None:
    world.write("SECURITY.md", "by hand\n")
    assert world.run("--replace") == ExitCode.PASS
    assert world.read().startswith("# Security policy of acme\n")


@pytest.mark.parametrize(
    ("expires", "code", "severity", "message"),
    [
        ("2027-05-01T00:00:00Z", ExitCode.PASS, "", ""),
        ("2026-12-01T00:00:00Z", ExitCode.PASS, "info", ".well-known/security.txt expires on 2026-12-01"),
        ("2026-11-20T12:00:00Z", ExitCode.DENIED, "high", ".well-known/security.txt expired on 2026-11-20"),
        ("never", ExitCode.DENIED, "high", ".well-known/security.txt has no single valid Expires field"),
    ],
)
def test_security_txt_is_watched_whoever_wrote_it(
    world: World, expires: str, code: ExitCode, severity: str, message: str
) -> None:
    world.write(".well-known/security.txt", f"Contact: mailto:a@acme.example\nExpires: {expires}\n")
    assert world.run("--watch") == code
    assert [(one.severity.value, one.message) for one in world.record().findings] == (
        [(severity, message)] if severity else []
    )


def test_an_end_that_is_near_warns_a_release_and_an_end_that_is_past_stops_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.configure(CONFIG + CONTACT)
    assert world.run() == ExitCode.PASS
    for moment, code, codes in (
        ("2027-05-01T00:00:00+00:00", ExitCode.PASS, ["document.security-txt-soon"]),
        ("2027-05-20T00:00:00+00:00", ExitCode.DENIED, ["document.security-txt-expired", "document.stale"]),
    ):
        monkeypatch.setattr(stage, "read_clock", lambda moment=moment: datetime.fromisoformat(moment))
        assert world.run("--check") == code
        assert sorted(one.code for one in world.record().findings) == codes
    assert world.run() == ExitCode.PASS
    assert world.run("--check") == ExitCode.PASS


def test_waivers_that_hold_are_told_and_ended_ones_are_not(world: World) -> None:
    world.configure(CONFIG + WAIVER.format(until="2026-12-31"))
    assert world.run() == ExitCode.PASS
    assert "| CVE-2026-1 | idna | Only &#124; &#96;ours&#96;&#46; | 2026-11-01 | 2026-12-31 |" in world.read()
    world.configure(CONFIG + WAIVER.format(until="2026-11-19"))
    assert world.run("--check") == ExitCode.DENIED
    assert world.run() == ExitCode.PASS
    assert "CVE-2026-1" not in world.read()
    assert "Acknowledged" not in world.read()


def test_an_opensecops_project_works_unchanged(world: World) -> None:
    world.configure(
        'converted = true\nconverted_in = "v3.0.0"\ncomponent_name = "acme"\nacknowledged_cves = [{cve_id = "CVE-2026-1", '
        'package = "idna", date_acknowledged = "2026-11-01", reason = "Later.", expected_resolution = "next release"}]\n'
    )
    world.write(
        "SECURITY.md.template",
        "<!-- rendered by a script -->\n# {{COMPONENT_NAME}}\n\n{{SUPPLY_CHAIN_STATUS}}\n\n{{SBOM_LOCATION}}\n\n"
        "{{ACKNOWLEDGED_CVES}}\n",
    )
    world.retain("sbom-cyclonedx")
    assert world.run() == ExitCode.PASS
    body, _, comment = world.read().partition("\n<!-- ")
    assert body == (
        f"# acme\n\n1 of {len(IDS)} claims about this project's supply chain are supported by the evidence of release "
        "`1.0`.\n\nAmong the files of release acme 1.0: `acme-1.0-sbom.cdx.json`.\n\n"
        "| finding | package | reason | since | until |\n|---|---|---|---|---|\n"
        "| CVE-2026-1 | idna | Later. | 2026-11-01 | 2027-04-30 |\n"
    )
    assert comment.startswith("sealwright {")


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("# x\n\n{{COMPONENT}}\n", ExitCode.INPUT, "SECURITY.md.template line 3: unknown placeholder {{COMPONENT}}"),
        (
            "{% claim 'signed-release' %}x{% endclaim %}",
            ExitCode.INPUT,
            "SECURITY.md.template line 1: unknown claim 'signed-release'",
        ),
    ],
)
def test_a_broken_template_is_an_error(
    world: World, text: str, code: ExitCode, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    world.write("SECURITY.md.template", text)
    assert world.run() == code
    assert capfd.readouterr().err.startswith(f"error: {message}\n  next: The nearest are ")


@pytest.mark.parametrize("words", ["--check --watch", "--unless-first", "--check --replace", "--check --unless-first"])
def test_options_that_do_not_go_together(world: World, words: str) -> None:
    assert world.run(*words.split()) == ExitCode.USAGE


@pytest.mark.parametrize(
    "badge", ["../badge.json", "/badge.json", "badge.svg", "a/../../badge.json", ".git/badge.json"]
)
def test_nothing_is_written_outside_of_the_project(world: World, badge: str) -> None:
    world.configure(CONFIG + f'[documents]\nbadge = "{badge}"\n')
    assert world.run() == ExitCode.USAGE


def test_a_folder_that_leads_out_is_refused(world: World, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (world.root / ".well-known").symlink_to(tmp_path / "outside")
    world.configure(CONFIG + CONTACT)
    assert world.run() == ExitCode.USAGE
    assert list((tmp_path / "outside").iterdir()) == []


def test_in_a_public_log_nothing_is_named(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    world.write("SECURITY.md.template", ASSERTS)
    world.retain()
    assert world.run("--check", "--strict", "--public-log") == ExitCode.DENIED
    told = capfd.readouterr()
    assert told.out == "generate_security_md: fail (changed 1, claims_unsupported 1, documents 1)\n"
    assert told.err == ""


def test_the_record_names_no_folder_of_this_machine(world: World) -> None:
    world.retain(*IDS)
    assert world.run() == ExitCode.PASS
    assert world.run("--check", "--strict") == ExitCode.PASS
    text = (world.dist / "records" / "generate_security_md.json").read_text()
    assert str(world.root.parent) not in text
    assert world.record().options == {"mode": "check", "strict": "true"}
    assert {ref.path for ref in world.record().reads} == {"project:.security-config.toml", "project:SECURITY.md"}


def test_json_is_for_programs(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    world.retain("signed-releases")
    assert world.run("--format", "json") == ExitCode.PASS
    result: dict[str, Any] = json.loads(capfd.readouterr().out)["result"]
    assert result == {"written": ["SECURITY.md"], "files": ["SECURITY.md"], "unsupported": []}


def test_a_hostile_configuration_harms_nothing(world: World) -> None:
    lines = [CONFIG + '[documents]\nbadge = "badge.json"\n', CONTACT, f"not_accepted = {json.dumps(HOSTILE)}\n"]
    lines += [f'[[more_links]]\ntitle = {json.dumps(one)}\nurl = "docs/"\n' for one in HOSTILE]
    world.configure("".join(lines))
    assert world.run() == ExitCode.PASS
    assert world.run("--check") == ExitCode.PASS
    for name in ("SECURITY.md", ".well-known/security.txt", "badge.json"):
        written = world.read(name)
        assert "<img" not in written
        assert "<script" not in written
        assert not any(ord(character) < 32 and character != "\n" for character in written)


def test_our_own_document_is_current(repository: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """As long as it tells of no release: then nothing but the repository itself is needed to make it."""
    if '"evidence": null' not in (repository / "SECURITY.md").read_text():
        pytest.skip("needs the evidence of the release that SECURITY.md is about, which is not part of the repository")
    words = ["--project", str(repository), "--dist", str(tmp_path / "dist"), "--artifacts", str(tmp_path / "artifacts")]
    code = generate_security_md.main([*words, "--check", "--strict", "--unless-first"])
    assert code == ExitCode.PASS, f"run nox -s security_md -- --releases-only\n{capfd.readouterr().out}"


@pytest.mark.parametrize("theirs", ['{"private": true}\n', "[]", "[" * 100_000, "no JSON"])
def test_a_file_that_is_no_badge_is_left_alone(world: World, theirs: str, capfd: pytest.CaptureFixture[str]) -> None:
    world.configure(CONFIG + '[documents]\nbadge = "package.json"\n')
    world.write("package.json", theirs)
    assert world.run() == ExitCode.USAGE
    assert "package.json: not generated by sealwright, so not overwritten" in capfd.readouterr().err
    assert world.read("package.json") == theirs
    assert world.run("--replace") == ExitCode.PASS
    assert world.run() == ExitCode.PASS


def test_a_document_that_tells_of_no_release_is_not_simply_current(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    assert world.run() == ExitCode.PASS
    capfd.readouterr()
    assert world.run("--check") == ExitCode.PASS
    known = "the document says that there is no release, and none is retained here; if one was made elsewhere, run this"
    assert f"current: SECURITY.md\nnote: {known} there\n" in capfd.readouterr().out
    assert [note for note in world.record().notes if note.startswith(known)]


@pytest.mark.parametrize("words", ["", "--check", "--check --strict --unless-first", "--replace"])
@pytest.mark.parametrize("name", ["SECURITY.md.template", "SECURITY.md"])
def test_a_link_that_leads_out_is_refused_and_its_content_shown_nowhere(
    world: World, name: str, words: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    if name == "SECURITY.md":
        world.write("SECURITY.md.template", "# {{COMPONENT_NAME}}\n")
    (world.root / name).unlink(missing_ok=True)
    (world.root / name).symlink_to(secret)
    assert world.run(*words.split()) == ExitCode.INPUT
    out, err = capfd.readouterr()
    assert f"{name}:1: expected a file of the project, found one that leads out of it" in err
    assert "hunter2" not in out + err
    assert (world.root / name).is_symlink()
    assert not [path for path in world.root.rglob("*") if path.name != name and b"hunter2" in _bytes(path)]


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


class Projects:
    """Two projects of a fleet, and the file that names them."""

    def __init__(self, world: World) -> None:
        self.world, self.base = world, world.root.parent
        self.other = self.base / "other"
        self.other.mkdir()
        (self.other / ".security-config.toml").write_text('component_name = "other"\n' + CONTACT)
        (self.base / "fleet.txt").write_text("acme\nother # the second\n")

    def run(self, *words: str) -> int:
        return self.world.run("--fleet", str(self.base / "fleet.txt"), *words)


def test_a_fleet_is_written_in_one_run(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    fleet = Projects(world)
    world.retain("signed-releases")
    assert fleet.run() == ExitCode.PASS
    assert capfd.readouterr().out == (
        "2 projects: 2 done, 0 failed, 0 not done\ndone: acme: written: SECURITY.md\ndone: other: written: SECURITY.md\n"
    )
    assert world.read().startswith("# Security policy of acme\n")
    assert (fleet.other / "SECURITY.md").read_text().startswith("# Security policy of other\n")
    assert (fleet.other / ".well-known" / "security.txt").is_file()
    assert fleet.run("--check") == ExitCode.PASS


def test_one_project_of_a_fleet_keeps_no_other_from_its_documents(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    fleet = Projects(world)
    (fleet.other / ".security-config.toml").write_text("x = [")
    assert fleet.run() == ExitCode.INPUT
    out = capfd.readouterr().out
    assert out.startswith("2 projects: 1 done, 0 failed, 1 not done\nnot done: other: ")
    assert world.read().startswith("# Security policy of acme\n")
    (fleet.other / ".security-config.toml").write_text('component_name = "other"\n')
    (fleet.other / "SECURITY.md").write_text("Ours.\n")
    assert fleet.run() == ExitCode.INPUT
    assert "not done: other: SECURITY.md: not generated by sealwright, so not overwritten" in capfd.readouterr().out
    assert (fleet.other / "SECURITY.md").read_text() == "Ours.\n"


def test_what_is_stale_in_a_fleet_names_its_project(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    fleet = Projects(world)
    assert fleet.run() == ExitCode.PASS
    path = fleet.other / "SECURITY.md"
    path.write_text(path.read_text().replace("better", "worse"))
    assert fleet.run("--check") == ExitCode.DENIED
    out = capfd.readouterr().out
    assert "failed: other\ndone: acme: current: SECURITY.md" in out
    assert "where: other/SECURITY.md" in out
    assert f"nox -s security_md -- --project {fleet.other}" in out
    assert world.record().findings[0].message.startswith("other: SECURITY.md does not match")


def test_the_summary_of_a_fleet_is_bounded_and_a_public_log_names_no_project(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    fleet = Projects(world)
    names = [f"hush{number:02}" for number in range(30)]
    for name in names:
        (fleet.base / name).mkdir()
    (fleet.base / "fleet.txt").write_text("\n".join(names))
    assert fleet.run() == ExitCode.PASS
    lines = capfd.readouterr().out.splitlines()
    assert (len(lines), lines[-1]) == (17, "and 15 more")
    assert fleet.run("--public-log") == ExitCode.PASS
    said = capfd.readouterr()
    assert "hush" not in said.out + said.err
    assert "projects 30" in said.out


def test_evidence_of_one_project_is_not_for_a_fleet(world: World) -> None:
    assert Projects(world).run("--evidence", str(world.artifacts)) == ExitCode.USAGE


SHARED = """
[reporting]
email = "team@acme.example"
[governance]
model = "cathedral"
[support]
policy = "newest"
[[controls.stated]]
id = "ING-2"
statement = "All builds use our mirror."
"""
FROM = '[documents]\nstatements_from = "../.security-statements.toml"\n'


def test_one_file_states_for_several_projects(world: World) -> None:
    fleet = Projects(world)
    (fleet.base / ".security-statements.toml").write_text(SHARED)
    world.configure(CONFIG + FROM)
    (fleet.other / ".security-config.toml").write_text('component_name = "other"\n' + FROM + CONTACT)
    assert fleet.run() == ExitCode.PASS
    theirs = (fleet.other / "SECURITY.md").read_text()
    for text in (world.read(), theirs):
        assert "changes come from the maintainers only" in text
        assert "The newest release gets security fixes." in text
        assert "All builds use our mirror." in text
    assert "team&#64;acme" in world.read()
    assert "mailto:team@acme.example" in world.read(".well-known/security.txt")
    assert "security&#64;acme" in theirs, "its own table replaces the shared one"
    assert "team&#64;" not in theirs
    assert fleet.run("--check") == ExitCode.PASS
    (fleet.base / ".security-statements.toml").write_text(SHARED.replace("cathedral", "open"))
    assert fleet.run("--check") == ExitCode.DENIED


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        ("../.security-statements.toml", None, "there is no ../.security-statements.toml"),
        ("../other.toml", SHARED, "documents.statements_from is '../other.toml': expected ../.security-statements"),
        ("/etc/passwd", SHARED, "documents.statements_from is '/etc/passwd'"),
        (".security-statements.toml", SHARED, "documents.statements_from is '.security-statements.toml'"),
        ("../.security-statements.toml", "x = [", "../.security-statements.toml: cannot be read"),
        ("../.security-statements.toml", "[gate]\nfail_on = 'high'\n", "'gate' is not for several projects"),
        ("../.security-statements.toml", "[[waivers]]\nid = 'x'\n", "'waivers' is not for several projects"),
        (
            "../.security-statements.toml",
            "[support]\nversions = []\n",
            "support.versions belongs into the project's own",
        ),
        ("../.security-statements.toml", "[[controls.out_of_scope]]\nid = 'x'\n", "controls.out_of_scope belongs"),
        ("../.security-statements.toml", "[reporting]\nmail = 'x'\n", "../.security-statements.toml: "),
    ],
)
def test_shared_statements_decide_nothing_and_come_from_one_kind_of_file(
    world: World, capfd: pytest.CaptureFixture[str], path: str, content: str | None, said: str
) -> None:
    if content is not None:
        for name in (".security-statements.toml", "other.toml"):
            (world.root.parent / name).write_text(content)
    world.configure(CONFIG + f'[documents]\nstatements_from = "{path}"\n')
    assert world.run() == ExitCode.USAGE
    assert said in capfd.readouterr().err
    assert not (world.root / "SECURITY.md").exists()


def test_shared_statements_behind_a_link_are_refused(world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.toml"
    secret.write_text(SHARED)
    (world.root.parent / ".security-statements.toml").symlink_to(secret)
    world.configure(CONFIG + FROM)
    assert world.run() == ExitCode.INPUT


def _component(name: str, version: str, *, direct: str = "false", scope: str = "required") -> dict[str, Any]:
    properties = [{"name": "sealwright:direct", "value": direct}]
    return {
        "type": "library", "name": name, "version": version, "scope": scope, "properties": properties,
        "bom-ref": f"{name}@{version}", "purl": f"pkg:pypi/{name}@{version}",
    }  # fmt: skip


def _retain_sbom(world: World, *components: dict[str, Any], tampered: bool = False) -> None:
    """Retain a release whose manifest has the digest of this SBOM."""
    world.retain(*IDS)
    folder = world.artifacts / "supply-chain" / "acme" / "1.0"
    sbom = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components}).encode()
    (folder / "acme-1.0-sbom.cdx.json").write_bytes(sbom + (b" " if tampered else b""))
    manifest = canonical.read(folder / "manifest.json", Manifest)
    files = tuple(
        msgspec.structs.replace(file, sha256=sha256_bytes(sbom)) if file.name == "acme-1.0-sbom.cdx.json" else file
        for file in manifest.files
    )
    data = canonical.write(folder / "manifest.json", msgspec.structs.replace(manifest, files=files))
    found = source(manifest_sha256=sha256_bytes(data), retained_at="2026-11-02T00:00:00Z")
    world.claims = world.retained["1.0"] = report(*IDS, release=found)


@pytest.mark.parametrize(
    ("components", "example"),
    [
        ((_component("b", "2"), _component("c", "3", direct="true"), _component("a", "1")), "c 3"),
        ((_component("a", "1", direct="true", scope="excluded"), _component("b", "2")), "b 2"),
        ((_component("a", "1"), _component("a", "2"), _component("b", "3")), "b 3"),
        ((_component("a$(x)", "1"), _component("a", "")), ""),
        ((), ""),
    ],
)
def test_the_example_is_a_package_that_the_sbom_has_once(
    world: World, components: tuple[dict[str, Any], ...], example: str
) -> None:
    _retain_sbom(world, *components)
    assert world.run() == ExitCode.PASS
    assert ("A worked example" in world.read()) == bool(example)
    assert f"prints `{example}`." in world.read() or not example


def test_an_sbom_that_is_not_the_retained_one_gives_no_example(world: World) -> None:
    _retain_sbom(world, _component("a", "1"), tampered=True)
    assert world.run() == ExitCode.PASS
    assert "A worked example" not in world.read()
