"""Retained releases on disk: whole or not there, and every kind of damage is seen."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.files import folders
from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
from ops.supply_chain.adapters.files.folders import measure
from ops.supply_chain.contracts.files.manifest import Manifest, ManifestFile
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import InputError, OutputError, UnavailableError
from ops.supply_chain.release.retention.rules import build_manifest, pruned_entry

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def manifest_of(folder: Path, version: str = "v1") -> Manifest:
    files = []
    for path in sorted(folder.iterdir()):
        one = measure(path)
        files.append(ManifestFile(name=path.name, sha256=one.sha256, size=one.size, media_type="text/plain"))
    return build_manifest(
        files,
        component="N",
        version=version,
        created="2026-01-01T00:00:00Z",
        now=NOW,
        until=NOW.date() + timedelta(days=365),
        last=None,
    )


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / "N-v1-provenance.intoto.json").write_text("{}")
    (folder / "N-v1-checksums.txt").write_text("sums")
    return folder


@pytest.fixture
def store(tmp_path: Path, release: Path) -> ArtifactStore:
    found = ArtifactStore(tmp_path / "artifacts")
    with found.locked("N"):
        found.retain(manifest_of(release), {path.name: path for path in release.iterdir()})
    return found


def test_what_is_retained_is_read_back(store: ArtifactStore, release: Path) -> None:
    held = store.release("N", "v1", digests=True)
    assert held.problems == ()
    assert held.manifest == manifest_of(release)
    assert held.manifest_sha256 == measure(store.file("N", "v1", "manifest.json")).sha256
    assert (store.components(), store.versions("N"), store.versions("other")) == (("N",), ("v1",), ())


def test_a_second_retaining_is_refused(store: ArtifactStore, release: Path) -> None:
    with store.locked("N"), pytest.raises(OutputError, match=r"v1: is there already$"):
        store.retain(manifest_of(release), {path.name: path for path in release.iterdir()})


def test_a_file_that_changes_on_the_way_leaves_nothing(tmp_path: Path, release: Path) -> None:
    found, manifest = ArtifactStore(tmp_path / "artifacts"), manifest_of(release)
    (release / "N-v1-checksums.txt").write_text("sumz")
    with found.locked("N"), pytest.raises(OutputError) as caught:
        found.retain(manifest, {path.name: path for path in release.iterdir()})
    assert caught.value.message == "N-v1-checksums.txt: changed while it was retained"
    assert found.versions("N") == ()


def edit(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        document = json.loads((folder / "manifest.json").read_text())
        change(document)
        text = json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
        (folder / "manifest.json").write_text(text)

    return apply


def folder_for_file(folder: Path) -> None:
    (folder / "N-v1-checksums.txt").unlink()
    (folder / "N-v1-checksums.txt").mkdir()


def link_for_file(folder: Path) -> None:
    (folder / "N-v1-checksums.txt").rename(folder.parent.parent / "moved")
    (folder / "N-v1-checksums.txt").symlink_to("../../moved")


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "one byte": (
        lambda f: (f / "N-v1-checksums.txt").write_text("sumz"),
        "v1/N-v1-checksums.txt: has another SHA-256 than the manifest says",
    ),
    "cut": (
        lambda f: (f / "N-v1-checksums.txt").write_text("sum"),
        "v1/N-v1-checksums.txt: has 3 bytes, the manifest says 4",
    ),
    "missing": (lambda f: (f / "N-v1-checksums.txt").unlink(), "v1/N-v1-checksums.txt: is missing"),
    "extra": (lambda f: (f / "extra").write_text("x"), "v1/extra: is not in the manifest"),
    "hidden extra": (lambda f: (f / ".extra").write_text("x"), "v1/.extra: is not in the manifest"),
    "extra of an odd name": (
        lambda f: (f / "a\n\x1b\u202e").write_text("x"),
        "v1/a???: is not in the manifest",
    ),
    "a file twice": (
        edit(lambda d: d["files"].append(d["files"][0])),
        "v1/manifest.json: names a file twice",
    ),
    "folder for a file": (
        folder_for_file,
        "v1/N-v1-checksums.txt: is no plain file",
    ),
    "link for a file": (
        link_for_file,
        "v1/N-v1-checksums.txt: is no plain file",
    ),
    "no manifest": (
        lambda f: (f / "manifest.json").unlink(),
        "v1/manifest.json: cannot be read: No such file or directory",
    ),
    "half a manifest": (
        lambda f: (f / "manifest.json").write_text('{"a'),
        "v1/manifest.json: not valid JSON: Unterminated string starting at: line 1 column 2 (char 1)",
    ),
    "manifest of another": (edit(lambda d: d.update(version="v2")), "v1/manifest.json: is of N v2"),
    "another form": (
        lambda f: (f / "manifest.json").write_text((f / "manifest.json").read_text() + " "),
        "v1/manifest.json: is not in the form that it was written in",
    ),
    "no day": (
        edit(lambda d: d.update(retained_until="2026-02-30")),
        "v1/manifest.json: retained_until is no day: 2026-02-30",
    ),
    "other provenance": (
        edit(lambda d: d.update(provenance_sha256="0" * 64)),
        "v1/manifest.json: names a provenance file that the release does not contain",
    ),
    "unknown field": (
        edit(lambda d: d.update(more=1)),
        "v1/manifest.json: Object contains unknown field `more`",
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_every_damage_is_seen(store: ArtifactStore, what: str) -> None:
    damage, expected = DAMAGE[what]
    damage(store.root / "N" / "v1")
    assert store.release("N", "v1", digests=True).problems == (expected,)


@pytest.mark.parametrize("name", ["v1/N-v1-checksums.txt", "v1/N-v1-provenance.intoto.json", "v1/manifest.json"])
def test_any_flipped_bit_is_seen(store: ArtifactStore, name: str) -> None:
    path = store.root / "N" / name
    whole = path.read_bytes()
    before = store.release("N", "v1", digests=True).manifest_sha256
    for position in range(len(whole)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        held = store.release("N", "v1", digests=True)
        # A changed manifest may still be a manifest: then its digest, which the next one names, differs.
        assert held.problems or held.manifest_sha256 != before


def test_a_stray_file_is_no_release(store: ArtifactStore) -> None:
    (store.root / "N" / "stray").write_text("x")
    (store.root / "N" / ".tmp-half").mkdir()
    assert store.versions("N") == ("stray", "v1")
    assert store.release("N", "stray", digests=False).problems == ("stray: is no folder",)


def test_pruning_keeps_a_line(store: ArtifactStore) -> None:
    held = store.release("N", "v1", digests=True)
    assert held.manifest is not None
    entry = pruned_entry(held.manifest, held.manifest_sha256, NOW)
    with store.locked("N"):
        store.prune(entry, "N")
    assert store.versions("N") == ()
    assert store.pruned("N") == (entry,)
    assert sorted(path.name for path in (store.root / "N").iterdir()) == [".lock", "pruned.json"]
    (store.root / "N" / "pruned.json").write_text("[]")
    with pytest.raises(InputError, match=r"pruned.json: Expected `object`, got `array`$"):
        store.pruned("N")


def test_a_second_run_waits_and_then_says_so(store: ArtifactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "LOCK_SECONDS", 0.1)
    with store.locked("N"), pytest.raises(UnavailableError) as caught, ArtifactStore(store.root.parent).locked("N"):
        pass
    assert caught.value.message == f"{store.root / 'N'}: another run has locked it for 0.1 s"


def test_a_second_run_goes_on_when_the_first_has_ended(store: ArtifactStore) -> None:
    entered, waited = threading.Event(), []

    def first() -> None:
        with store.locked("N"):
            entered.set()
            time.sleep(0.2)
            waited.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    entered.wait(5)
    with ArtifactStore(store.root.parent).locked("N"):
        assert waited == ["first"]
    thread.join()


def test_taking_the_lock_cleans_what_a_killed_run_left(store: ArtifactStore) -> None:
    (store.root / "N" / ".tmp-abc" / "removed").mkdir(parents=True)
    with store.locked("N"):
        assert sorted(path.name for path in (store.root / "N").iterdir()) == [".lock", "v1"]


def test_the_manifest_on_disk_is_canonical(store: ArtifactStore, release: Path) -> None:
    assert store.file("N", "v1", "manifest.json").read_bytes() == canonical.encode(manifest_of(release))
