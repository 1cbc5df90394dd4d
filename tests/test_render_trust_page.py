"""The stage: one page for many projects, with what could not be read or verified shown as such."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from ops.supply_chain import render_trust_page
from ops.supply_chain.contracts.files.claims import ClaimsReport
from ops.supply_chain.contracts.files.manifest import Manifest, ManifestFile
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.gather.assurance.documents import facts as document_input
from ops.supply_chain.runner import stage
from ops.supply_chain.runner.context import StageRun
from tests.assurance.documents.support import IDS, report, source, verdict
from tests.fakes.compiled_rules import compiled_once

ALL = ("real-release", *IDS)
SBOM = b'{"bomFormat": "CycloneDX", "components": []}'
MOMENT = "2026-11-02T00:00:00Z"


class Fleet:
    """Projects in one folder, with releases in one store and claims made by hand."""

    def __init__(self, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.base, self.store = base, base / "artifacts" / "supply-chain"
        self.claims: dict[str, ClaimsReport] = {}
        self.names: list[str] = []
        monkeypatch.setattr(document_input, "claims_of", self._claims_of)
        monkeypatch.setattr(stage, "read_clock", lambda: datetime.fromisoformat("2026-11-20T12:00:00+00:00"))

    def _claims_of(self, run: StageRun, **_: object) -> ClaimsReport:
        return self.claims.get(run.project.name, report())

    def project(self, name: str, config: str = "", *, policy: str = "") -> Path:
        root = self.base / name
        root.mkdir()
        (root / ".security-config.toml").write_text(f'component_name = "{name}"\n{config}')
        if policy:
            (root / "SECURITY.md").write_text(policy)
        self.names.append(name)
        return root

    def release(self, name: str, *supported: str) -> Path:
        folder = self.store / name / "1.0"
        folder.mkdir(parents=True)
        file = f"{name}-1.0-sbom.cdx.json"
        (folder / file).write_bytes(SBOM)
        listed = ManifestFile(name=file, sha256=sha256_bytes(SBOM), size=len(SBOM), media_type="x")
        manifest = Manifest(
            schema="manifest/1", component=name, version="1.0", created=MOMENT, retained_at=MOMENT,
            retained_until="2027-11-02", sequence=1, previous=None, provenance_sha256="0" * 64, files=(listed,),
        )  # fmt: skip
        data = canonical.write(folder / "manifest.json", manifest)
        found = source(component=name, manifest_sha256=sha256_bytes(data), retained_at=MOMENT)
        verdicts = tuple(verdict(claim, supported=claim in supported) for claim in sorted(ALL))
        self.claims[name] = report(release=found, claims=verdicts)
        return folder

    def run(self, *more: str) -> int:
        (self.base / "fleet.txt").write_text("".join(f"{name}\n" for name in self.names))
        folders = ["--dist", str(self.base / "dist"), "--artifacts", str(self.base / "artifacts")]
        fleet = [] if "--project" in more else ["--fleet", str(self.base / "fleet.txt"), "--project", str(self.base)]
        return render_trust_page.main([*folders, *fleet, *more])

    def made(self) -> dict[str, bytes]:
        folder = self.base / "dist" / "trust"
        return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}

    @property
    def text(self) -> str:
        return (self.base / "dist" / "trust" / "index.md").read_text()


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    (tmp_path / ".security-config.toml").write_text('component_name = "fleet"\n')
    return Fleet(tmp_path, monkeypatch)


def test_a_page_over_components_has_copies_of_what_it_links(fleet: Fleet, capfd: pytest.CaptureFixture[str]) -> None:
    fleet.project("shop", policy="# Security\n")
    fleet.project("lib", '[reporting]\ngithub = "acme/lib"\n[release]\nfiles_at = "https://x.example/{version}"\n')
    fleet.project("new")
    fleet.release("shop", *ALL)
    fleet.release("lib", *ALL)
    assert fleet.run("--title", "Acme: components") == ExitCode.PASS
    made = fleet.made()
    assert set(made) == {"index.html", "index.md", "shop/SECURITY.md", "shop/1.0/shop-1.0-sbom.cdx.json"}
    assert made["shop/1.0/shop-1.0-sbom.cdx.json"] == SBOM
    assert fleet.text.startswith("# Acme: components\n\n3 components: 2 verified, 1 no release. ")
    assert "(<https://github.com/acme/lib/security/policy>)" in fleet.text
    assert "(<https://x.example/1.0/lib-1.0-sbom.cdx.json>)" in fleet.text
    assert fleet.text.index("## lib 1") < fleet.text.index("## new") < fleet.text.index("## shop 1")
    assert "3 components: 2 verified, 1 no release.\nnew: no release\n" in capfd.readouterr().out
    assert fleet.run("--title", "Acme: components") == ExitCode.PASS
    assert fleet.made() == made


def test_what_does_not_verify_is_never_shown_as_good(fleet: Fleet) -> None:
    fleet.project("good")
    fleet.project("bad")
    fleet.release("good", *ALL)
    fleet.release("bad", *IDS)
    assert fleet.run() == ExitCode.DENIED
    part = fleet.text.partition("## bad")[2].partition("## good")[0]
    assert "**not verified.** The retained release could not be verified. Do not rely on" in part
    assert " verified |" not in part.replace("not verified", "")
    assert "bad/1.0/bad-1.0-sbom.cdx.json" not in fleet.made()


def _broken_gate(folder: Path) -> None:
    (folder / f"{folder.parent.name}-1.0-gate.json").write_text("{")


def _broken_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{")


@pytest.mark.parametrize("harm", [_broken_gate, _broken_manifest])
def test_a_release_that_cannot_be_read_does_not_verify(
    fleet: Fleet, harm: object, capfd: pytest.CaptureFixture[str]
) -> None:
    fleet.project("shop")
    folder = fleet.release("shop", *ALL)
    assert callable(harm)
    harm(folder)
    assert fleet.run() == ExitCode.DENIED
    assert "**not verified.**" in fleet.text
    assert str(fleet.base) not in fleet.text
    assert "shop: not verified: " in capfd.readouterr().out


def test_an_sbom_that_is_not_the_retained_one_is_not_copied(fleet: Fleet) -> None:
    fleet.project("shop")
    (fleet.release("shop", *ALL) / "shop-1.0-sbom.cdx.json").write_bytes(SBOM + b" ")
    assert fleet.run() == ExitCode.OUTPUT
    assert not (fleet.base / "dist" / "trust").exists()


def test_a_tampered_release_is_verified_again_and_refused(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    root.mkdir()
    (root / ".security-config.toml").write_text('component_name = "shop"\n')
    with pytest.MonkeyPatch.context() as patch:
        Fleet(tmp_path, patch).release("shop", *ALL)
    words = ["--project", str(root), "--dist", str(tmp_path / "dist"), "--artifacts", str(tmp_path / "artifacts")]
    with compiled_once():
        assert render_trust_page.main(words) == ExitCode.DENIED
    assert "not verified" in (tmp_path / "dist" / "trust" / "index.md").read_text()


def test_a_project_that_cannot_be_read_is_on_the_page(fleet: Fleet, capfd: pytest.CaptureFixture[str]) -> None:
    fleet.project("good")
    (fleet.project("we<b>ird") / ".security-config.toml").write_text("x = [")
    fleet.release("good", *ALL)
    assert fleet.run() == ExitCode.NOT_EXAMINED
    assert "could not be read" in fleet.text
    assert "<b>" not in fleet.text
    assert b"we&lt;b&gt;ird" in fleet.made()["index.html"]
    assert str(fleet.base) not in fleet.text
    assert ".security-config.toml: not valid TOML" in capfd.readouterr().out


def test_two_projects_with_one_name_are_refused(fleet: Fleet) -> None:
    for name in ("one", "two"):
        (fleet.project(name) / ".security-config.toml").write_text(
            f'component_name = "{"Shop" if name == "one" else "shop"}"\n'
        )
    assert fleet.run() == ExitCode.USAGE
    assert not (fleet.base / "dist" / "trust").exists()


def test_each_project_may_have_its_own_store(fleet: Fleet) -> None:
    root = fleet.project("shop")
    fleet.release("shop", *ALL)
    (root / "data").mkdir()
    shutil.move(fleet.base / "artifacts", root / "data" / "artifacts")
    assert fleet.run() == ExitCode.PASS
    assert "1 component: 1 verified." in fleet.text


def test_the_screen_is_bounded(fleet: Fleet, capfd: pytest.CaptureFixture[str]) -> None:
    for number in range(30):
        fleet.project(f"p{number:02}")
    fleet.release("p29", *IDS)
    assert fleet.run() == ExitCode.DENIED
    lines = capfd.readouterr().out.splitlines()
    assert len(lines) <= 25
    assert lines[1].startswith("p29 1.0: not verified: ")
    assert "and 15 more, which the page has" in lines
    assert fleet.text.count("\n## ") == 30


def test_a_public_log_names_no_component(fleet: Fleet, capfd: pytest.CaptureFixture[str]) -> None:
    fleet.project("hush-hush")
    (fleet.project("hush-broken") / ".security-config.toml").write_text("x = [")
    fleet.release("hush-hush", *IDS)
    assert fleet.run("--public-log") == ExitCode.DENIED
    said = capfd.readouterr()
    assert "hush" not in said.out + said.err
    assert "not_verified 1" in said.out


def test_the_folder_of_somebody_else_is_left_alone(fleet: Fleet, tmp_path: Path) -> None:
    fleet.project("shop")
    (tmp_path / "theirs" / "trust").mkdir(parents=True)
    (tmp_path / "theirs" / "trust" / "x.txt").write_text("x")
    assert fleet.run("--dist", str(tmp_path / "theirs")) == ExitCode.USAGE
    assert [path.name for path in (tmp_path / "theirs" / "trust").iterdir()] == ["x.txt"]
