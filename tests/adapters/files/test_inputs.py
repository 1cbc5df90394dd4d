"""Every kind of input that a project names stays inside the project: a link that leads out is refused, one within is read."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.files.configuration import read_config
from ops.supply_chain.adapters.files.inputs import configured_input, read_input, read_input_text, require_inside
from ops.supply_chain.adapters.files.lock_sources import read_text
from ops.supply_chain.adapters.files.project import describe
from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.contracts.config.file import Config, parse_config
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.gather.assurance.claims.project import _workflows as workflows_of
from ops.supply_chain.gather.assurance.documents.files import DocumentFiles
from ops.supply_chain.gather.assurance.policy import folders_of
from ops.supply_chain.gather.assurance.review import read_contact
from ops.supply_chain.gather.trust.signing.choice import trust_of
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.runner.progress import Progress

SECRET = "GH_TOKEN=hunter2"  # noqa: S105 - made up


def stage_run(root: Path, text: str = "") -> StageRun:
    out = root.parent / "out"
    return StageRun(
        stage="generate_security_md",
        args=argparse.Namespace(version="1.0", evidence=None, trust_config=None),
        root=root,
        dist=out / "dist",
        artifacts=out / "artifacts",
        cache=out / "cache",
        config=parse_config(text, where="x"),
        now=datetime(2026, 11, 20, tzinfo=UTC),
        offline=True,
        invocation="urn:uuid:0",
        progress=Progress(enabled=False),
    )


def _policy(root: Path) -> object:
    return folders_of(stage_run(root, '[policy]\nfolders = ["rules"]\n'), root)


def _trust(root: Path) -> object:
    return trust_of(stage_run(root, '[signing]\ntrust_config = "trust.json"\n'))


Read = Callable[[Path], Any]
KINDS: dict[str, tuple[str, Read]] = {
    "configuration": (".security-config.toml", read_config),
    "project metadata": ("pyproject.toml", lambda root: describe(root, Config())),
    "searched file": ("sub/lock.json", lambda root: ProjectFiles(root).head("sub/lock.json", 1)),
    "template": ("SECURITY.md.template", lambda root: DocumentFiles(stage_run(root)).adopted),
    "committed document": ("SECURITY.md", lambda root: DocumentFiles(stage_run(root)).committed("SECURITY.md")),
    "security.txt": (".well-known/security.txt", lambda root: read_contact(stage_run(root))),
    "workflow": (".github/workflows/ci.yml", lambda root: workflows_of(stage_run(root))),
    "policy rule": ("rules/release/x.rego", _policy),
    "policy table": ("rules/data/x.json", _policy),
    "trust config": ("trust.json", _trust),
    "malicious packages": ("mal/MAL-1.json", lambda root: configured_input(root, "mal")),
    "lock source": ("requirements.in", lambda root: read_text(root, "requirements.in")),
    "lock SBOM": ("requirements.cdx.json", lambda root: read_text(root, "requirements.cdx.json")),
    "publisher baseline": (
        "requirements.provenance.json",
        lambda root: stage_run(root).project_ref(root / "requirements.provenance.json"),
    ),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text(SECRET)
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


def _refused(read: Read, root: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(root)
    assert "leads out of it" in caught.value.message
    assert SECRET not in caught.value.described()


@pytest.mark.parametrize(("name", "read"), KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("to", ["absolute", "relative", "environment", "through a link of the project"])
def test_a_link_that_leads_out_is_refused(root: Path, name: str, read: Read, to: str) -> None:
    path, outside = root / name, root.parent / "outside" / "secret"
    path.parent.mkdir(parents=True, exist_ok=True)
    if to == "through a link of the project":
        (root / "inner").symlink_to(outside)
        path.symlink_to(os.path.relpath(root / "inner", path.parent))
    else:
        targets = {"absolute": str(outside), "relative": os.path.relpath(outside, path.parent)}
        path.symlink_to(targets.get(to, "/proc/self/environ"))
    _refused(read, root)


@pytest.mark.parametrize(
    ("name", "read"), [row for row in KINDS.values() if "/" in row[0] and not row[0].startswith("sub/")]
)
def test_a_linked_folder_that_leads_out_is_refused(root: Path, name: str, read: Read) -> None:
    top, _, rest = name.partition("/")
    target = root.parent / "outside" / "folder"
    (target / rest).parent.mkdir(parents=True)
    (target / rest).write_text(SECRET)
    (root / top).symlink_to(target)
    _refused(read, root)


def test_a_link_within_the_project_is_read(root: Path) -> None:
    (root / "inner").mkdir()
    (root / "inner/file").write_text("text")
    (root / "folder").symlink_to("inner")
    (root / "link").symlink_to("folder/file")
    assert read_input_text(root, "link") == "text"
    assert read_input(root, "folder/file") == b"text"
    assert configured_input(root, "folder") == root / "folder"
    require_inside(root, root / "link")
    assert read_input(root, "absent") is None


def test_a_project_that_is_itself_behind_a_link_is_read(root: Path) -> None:
    (root / "file").write_text("text")
    (root.parent / "linked").symlink_to(root)
    assert read_input_text(root.parent / "linked", "file") == "text"
    require_inside(root.parent / "linked", root.parent / "linked" / "file")


def test_a_place_elsewhere_that_the_configuration_writes_out_is_not_a_link(root: Path) -> None:
    outside = root.parent / "outside"
    assert configured_input(root, "../outside") == root.parent / "outside"
    assert configured_input(root, str(outside)) == outside


def test_a_name_through_a_link_gives_the_path_that_was_checked(root: Path) -> None:
    (root.parent / "outside" / "inner").mkdir(parents=True, exist_ok=True)
    (root / "vendor").symlink_to(root.parent / "outside" / "inner")
    (root / "rules").mkdir()
    assert configured_input(root, "vendor/../rules") == root / "rules"


def test_what_is_no_text_is_refused(root: Path) -> None:
    (root / "file").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read"):
        read_input_text(root, "file")
