"""What the configured package indexes list of a retained release today, compared with its manifest."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.indexes import PublishIndex
from ops.supply_chain.contracts.files.manifest import Manifest, ManifestFile
from ops.supply_chain.gather.release.served_files import ServedState, served_state
from ops.supply_chain.runner.context import StageRun
from tests.fakes.index import Ask, FakeIndex, Mood
from tests.fakes.retained_releases import RetainedReleases


class Published:
    """A retained release with a wheel, and two indexes of which the first has it."""

    def __init__(self, base: Path, index: FakeIndex, empty: FakeIndex) -> None:
        self.index, self.empty = index, empty
        self.wheel = index.add_wheel("thing", "1.0")
        made = RetainedReleases(base / "artifacts").add("1.0", {})
        self.manifest = self.with_wheel(made, self.wheel.sha256)

    def with_wheel(self, manifest: Manifest, sha256: str) -> Manifest:
        file = ManifestFile(
            name=self.wheel.filename, sha256=sha256, size=len(self.wheel.data), media_type="application/octet-stream"
        )
        rows = [row for row in manifest.files if row.name != file.name]
        return msgspec.structs.replace(manifest, files=tuple(sorted([*rows, file], key=lambda row: row.name)))

    def state(self, *indexes: FakeIndex, manifest: Manifest | None = None, offline: bool = False) -> ServedState:
        entries = tuple(
            PublishIndex(name=f"i{at}", upload_url="https://up.example/", simple_url=index.url)
            for at, index in enumerate(indexes)
        )
        run: Any = SimpleNamespace(
            config=Config(indexes=entries), offline=offline, project=SimpleNamespace(source=None)
        )
        return served_state(cast("StageRun", run), manifest or self.manifest)


@pytest.fixture
def published(tmp_path: Path) -> Iterator[Published]:
    with FakeIndex() as index, FakeIndex() as empty:
        yield Published(tmp_path, index, empty)


def test_the_same_file_is_no_difference_and_an_index_without_it_is_noted(published: Published) -> None:
    assert published.state(published.index) == ServedState()
    assert published.state() == ServedState()
    found = published.state(published.index, published.empty)
    assert found == ServedState(unpublished=(f"index i1 ({published.wheel.filename})",))


def test_another_digest_is_a_change(published: Published) -> None:
    found = published.state(published.index, manifest=published.with_wheel(published.manifest, "a" * 64))
    assert found == ServedState(
        changed=(f"{published.wheel.filename}: index i0 lists another SHA-256 than the release has",)
    )


def test_a_list_without_sha256_is_not_examined(published: Published) -> None:
    published.empty.add("thing", dataclasses.replace(published.wheel, hashed=False))
    found = published.state(published.empty)
    assert found == ServedState(unexamined=(f"{published.wheel.filename}: index i0 lists no SHA-256 of it",))


@pytest.mark.parametrize("mood", [Mood.UNAUTHORISED, Mood.MALFORMED])
def test_an_index_without_an_answer_is_not_examined(published: Published, mood: Mood) -> None:
    published.index.misbehave(Ask.SIMPLE, mood)
    found = published.state(published.index)
    assert (found.changed, found.unpublished, len(found.unexamined)) == ((), (), 1)


def test_offline_no_index_is_asked(published: Published) -> None:
    found = published.state(published.index, offline=True)
    assert found == ServedState(unexamined=("index i0: not asked, because of --offline",))
    assert published.index.asked("/") == 0
