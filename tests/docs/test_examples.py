"""The commands for customers, auditors and incidents, typed as they stand, in the folder of a release named N-V."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ops.supply_chain import retain_artifacts
from ops.supply_chain.inventory.writers import cyclonedx
from tests.docs.commands import blocks
from tests.fakes import binaries
from tests.inventory.distributions.support import describe
from tests.inventory.documents import DOCUMENT
from tests.release.handmade import Handmade

REPOSITORY = Path(__file__).resolve().parents[2]
GUIDES = ("customer-guide", "auditor-guide", "incident-playbook")
PLAIN = ("sha256sum ", "jq ", "tar ", "for ")
LINES = [
    pytest.param(line, id=f"{guide}-{number}")
    for guide in GUIDES
    for number, line in enumerate(
        line
        for body in blocks((REPOSITORY / "docs" / f"{guide}.md").read_text(encoding="utf-8"), "console")
        for line in body.splitlines()
        if line.startswith(PLAIN)
    )
]
EXPECTED = {
    "idna 3.20": "customer-guide",
    "data/artifacts/supply-chain/N/V/N-V-sbom.cdx.json 3.20": "incident-playbook",
    "a/requirements.txt:": "incident-playbook",
    "idna==3.20": "incident-playbook",
    '{"names":["CVE-2026-1"],"first_seen":"2026-11-20"}': "incident-playbook",
    "record/generate_sbom": "auditor-guide",
    "generate_sbom\tpass\t2\t2": "auditor-guide",
    "N-V-gate.json: OK": "customer-guide",
    "string in demo.libs/libcrypto-fb8d5b21.so.3: OpenSSL 3.5.8 25 Aug 2026": "customer-guide",
}
"""What the commands of a guide have to print, among the rest."""


class Idna(Handmade):
    """It locks idna, and its SBOM is one."""

    def write(self, path: str, text: str) -> Path:
        if path == "dist/sbom/N-sbom.json":
            text = cyclonedx.render(DOCUMENT).decode()
        return super().write(path, text.replace("x==1.0", "idna==3.20"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the files of the release lie, and `data/artifacts/` as the pipeline keeps it."""
    missing = [tool for tool in ("bash", "jq", "sha256sum", "tar") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    release = Idna(tmp_path_factory.mktemp("examples"))
    release.until("retain_artifacts")
    release.must(retain_artifacts.main)
    here = tmp_path_factory.mktemp("download")
    for path in (release.store / "V").glob("N-V-*"):
        shutil.copy(path, here)
    library = binaries.elf("libcrypto-fb8d5b21.so.3", texts=b"\0OpenSSL 3.5.8 25 Aug 2026\0")
    wheel = describe({"demo.libs/libcrypto-fb8d5b21.so.3": library})
    (here / "N-V-sbom-wheel.cdx.json").write_bytes(cyclonedx.render(wheel))
    shutil.copytree(release.artifacts, here / "data" / "artifacts")
    (here / "data" / "artifacts" / "ledger").mkdir()
    line = '{"package":"idna","names":["CVE-2026-1"],"first_seen":"2026-11-20"}\n'
    (here / "data" / "artifacts" / "ledger" / "N.jsonl").write_text(line)
    return here


def typed(line: str, folder: Path) -> str:
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", line], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), line
    return done.stdout


@pytest.mark.parametrize("line", LINES)
def test_a_command_of_the_guides_works(line: str, folder: Path) -> None:
    typed(line, folder)


@pytest.mark.parametrize("guide", GUIDES)
def test_the_commands_of_a_guide_tell_what_they_are_for(guide: str, folder: Path) -> None:
    said = "".join(typed(str(one.values[0]), folder) for one in LINES if str(one.id).startswith(guide))
    assert [text for text, where in EXPECTED.items() if where == guide and text not in said] == []


def test_a_record_has_the_digest_that_the_provenance_names(folder: Path) -> None:
    lines = [str(one.values[0]) for one in LINES]
    digest, names = (typed(line, folder) for line in lines if "records[0]" in line or "byproducts" in line)
    assert f"{digest.split()[0]}  record/bundle_evidence" in names.splitlines()
