"""A release is downloaded whole, within limits, and continued where it broke off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.supply_chain.adapters.github import transfer as github_transfer
from ops.supply_chain.adapters.github.download import DownloadLimits, download_release
from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError, StageError, UnavailableError, UsageError
from tests.fakes.github import TOKEN, Ask, Asset, FakeGithub, Mood, Release
from tests.fakes.matrix import diagonals

QUICK = Timeouts(5, 5, 30, 3, 0.001, 0.5, 4)
HURRIED = QUICK._replace(read_seconds=0.6, attempts=2)
"""Where an answer never comes: nobody wants to wait for it three times."""
FILES = {"a.txt": b"a" * 1000, "b.bin": bytes(range(256)) * 4000, "c.json": b"{}"}


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGithub]:
    with FakeGithub() as service:
        monkeypatch.setenv("GITHUB_API_URL", service.api)
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        monkeypatch.delenv("GH_TOKEN", raising=False)
        yield service


@pytest.fixture
def release(github: FakeGithub) -> Release:
    return github.add("v1", FILES)


def download(folder: Path, **options: object) -> tuple[str, ...]:
    options = {"timeouts": QUICK, **options}
    found = download_release("acme/widget", "v1", folder, **options)  # type: ignore[arg-type]
    assert {one.name: (one.sha256, one.size) for one in found.files} == {
        name: (sha256_bytes((folder / name).read_bytes()), (folder / name).stat().st_size) for name in contents(folder)
    }
    return found.fetched


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file there, hidden ones too."""
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def failure(folder: Path, **options: object) -> StageError:
    with pytest.raises(StageError) as caught:
        download(folder, **options)
    assert TOKEN not in caught.value.described()
    assert "s3cr3t" not in caught.value.described()
    for name, data in contents(folder).items():
        assert name.startswith(".sealwright-") or data == FILES[name]
    return caught.value


@pytest.mark.parametrize("digests", [True, False])
def test_everything_is_there_and_nothing_else(
    github: FakeGithub, release: Release, tmp_path: Path, digests: bool
) -> None:
    github.digests = digests
    assert download(tmp_path / "new" / "folder") == ("a.txt", "b.bin", "c.json")
    assert contents(tmp_path / "new" / "folder") == FILES
    assert github.violations == []
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "new" / "folder").iterdir()}
    assert modes == {0o644}


def test_a_public_release_needs_no_token(
    github: FakeGithub, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    download(tmp_path)
    assert contents(tmp_path) == FILES


def test_what_is_there_whole_is_kept(github: FakeGithub, release: Release, tmp_path: Path) -> None:
    download(tmp_path)
    assert download(tmp_path) == ()
    assert github.asked(Ask.BYTES) == 3
    (tmp_path / "a.txt").write_bytes(b"b" * 1000)
    assert download(tmp_path) == ("a.txt",)
    assert contents(tmp_path) == FILES


def test_without_a_digest_nothing_that_is_there_is_believed(
    github: FakeGithub, release: Release, tmp_path: Path
) -> None:
    download(tmp_path)
    github.digests = False
    assert len(download(tmp_path)) == 3


ASKS = (Ask.BY_TAG, Ask.ASSETS, Ask.ASSET, Ask.BYTES)
TRANSIENT = (Mood.HANG_UP, Mood.HANG, Mood.SERVER_ERROR, Mood.HTML_ERROR, Mood.TOO_MANY, Mood.LIMITED)
PERMANENT = (Mood.UNAUTHORISED, Mood.FORBIDDEN, Mood.SECONDARY, Mood.NOT_FOUND, Mood.REDIRECT, Mood.OVERSIZE)


@pytest.mark.parametrize(("ask", "mood"), diagonals(ASKS, TRANSIENT, step=3))
def test_what_passes_is_waited_for(github: FakeGithub, release: Release, tmp_path: Path, ask: Ask, mood: Mood) -> None:
    github.misbehave(ask, mood, times=1 if mood is Mood.HANG else 2)
    download(tmp_path, timeouts=HURRIED if mood is Mood.HANG else QUICK)
    assert contents(tmp_path) == FILES


@pytest.mark.parametrize(("ask", "mood"), diagonals(ASKS, [*TRANSIENT, *PERMANENT], step=3))
def test_what_does_not_pass_is_told_and_the_next_run_completes(
    github: FakeGithub, release: Release, tmp_path: Path, ask: Ask, mood: Mood
) -> None:
    github.misbehave(ask, mood)
    assert isinstance(failure(tmp_path, timeouts=HURRIED if mood is Mood.HANG else QUICK), UnavailableError)
    github.behave()
    download(tmp_path)
    assert contents(tmp_path) == FILES


def test_what_breaks_off_is_continued(
    github: FakeGithub, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(github_transfer, "CHUNK_BYTES", 100)  # so much gain is a new start of patience
    github.misbehave(Ask.BYTES, Mood.FEWER, times=7)
    download(tmp_path)
    assert contents(tmp_path) == FILES
    ranges = [seen.headers["Range"] for seen in github.requests if "Range" in seen.headers]
    assert "bytes=500-" in ranges  # the half of a.txt
    assert all(not span.startswith("bytes=0-") for span in ranges)


def test_a_later_run_continues_what_an_earlier_one_left(github: FakeGithub, release: Release, tmp_path: Path) -> None:
    asset = release.assets["b.bin"]
    (tmp_path / f".sealwright-{asset.id}-{len(asset.data)}.part").write_bytes(asset.data[:900_000])
    download(tmp_path)
    assert contents(tmp_path) == FILES
    assert "bytes=900000-" in [seen.headers.get("Range") for seen in github.requests]


def test_damage_in_what_an_earlier_run_left_is_found(github: FakeGithub, release: Release, tmp_path: Path) -> None:
    asset = release.assets["b.bin"]
    (tmp_path / f".sealwright-{asset.id}-{len(asset.data)}.part").write_bytes(b"?" * 900_000)
    download(tmp_path)
    assert contents(tmp_path) == FILES


@pytest.mark.parametrize("size", [1_024_000, 2_000_000])
def test_a_part_that_is_long_enough_or_too_long_is_judged_by_its_digest(
    github: FakeGithub, release: Release, tmp_path: Path, size: int
) -> None:
    asset = release.assets["b.bin"]
    (tmp_path / f".sealwright-{asset.id}-{len(asset.data)}.part").write_bytes(b"?" * size)
    download(tmp_path)
    assert contents(tmp_path) == FILES


def test_a_link_in_the_place_of_a_part_is_not_written_through(
    github: FakeGithub, release: Release, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"mine")
    folder = tmp_path / "out"
    folder.mkdir()
    for asset in release.assets.values():
        (folder / f".sealwright-{asset.id}-{len(asset.data)}.part").symlink_to(elsewhere)
    download(folder)
    assert elsewhere.read_bytes() == b"mine"
    assert not any(path.is_symlink() for path in folder.iterdir())
    assert contents(folder) == {name: asset.data for name, asset in release.assets.items()}


def test_without_a_digest_nothing_is_continued(github: FakeGithub, release: Release, tmp_path: Path) -> None:
    github.digests = False
    asset = release.assets["b.bin"]
    (tmp_path / f".sealwright-{asset.id}-{len(asset.data)}.part").write_bytes(b"?" * 900_000)
    download(tmp_path)
    assert contents(tmp_path) == FILES


def test_a_server_without_ranges_is_continued_as_well(github: FakeGithub, release: Release, tmp_path: Path) -> None:
    asset = release.assets["b.bin"]
    (tmp_path / f".sealwright-{asset.id}-{len(asset.data)}.part").write_bytes(asset.data[:900_000])
    github.misbehave(Ask.BYTES, Mood.NO_RANGES)
    download(tmp_path)
    assert contents(tmp_path) == FILES


def test_other_bytes_than_github_says_are_an_input_error(github: FakeGithub, release: Release, tmp_path: Path) -> None:
    github.misbehave(Ask.BYTES, Mood.WRONG_BYTES)
    error = failure(tmp_path)
    assert isinstance(error, InputError)
    assert "which is what GitHub says, found sha256:" in error.message
    assert not [name for name in contents(tmp_path) if not name.startswith(".")]


HOSTILE_NAMES = (
    "../evil", "..", ".", "a/b", "a\\b", "/etc/passwd", "C:evil", "a\nb", "a\x00b", "a\x1b[2J", ".hidden", "a b", "", "a.",
    "-rf", "x" * 300, "a..b", "\u202etxt.exe", "aux:",
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_that_is_not_harmless_is_never_written(github: FakeGithub, tmp_path: Path, name: str) -> None:
    github.add("v1", {"good.txt": b"x", name: b"evil"})
    folder = tmp_path / "in"
    with pytest.raises(InputError) as caught:
        download(folder)
    assert caught.value.message == f"release v1, asset {name!r}: is no name that is safe to write"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert github.asked(Ask.BYTES) == 0


def test_names_that_differ_in_case_only_are_refused(github: FakeGithub, tmp_path: Path) -> None:
    github.add("v1", {"A.txt": b"x", "a.txt": b"y"})
    with pytest.raises(InputError):
        download(tmp_path)


def test_an_upload_that_never_ended_is_refused(github: FakeGithub, release: Release, tmp_path: Path) -> None:
    release.assets["d.txt"] = Asset(7, "d.txt", b"", "starter")
    assert failure(tmp_path).message == "release v1, asset 'd.txt': its upload never ended (state starter)"


LIMITS = {
    "files": (DownloadLimits(files=2), "release v1: has 3 files, and at most 2 are downloaded"),
    "one": (
        DownloadLimits(file_bytes=10_000),
        "release v1: has 1024000 bytes in one file, and at most 10000 are downloaded",
    ),
    "all": (
        DownloadLimits(total_bytes=1_024_001),
        "release v1: has 1025002 bytes in all, and at most 1024001 are downloaded",
    ),
}


@pytest.mark.parametrize("case", LIMITS.values(), ids=LIMITS)
def test_limits_hold_before_the_first_byte(
    github: FakeGithub, release: Release, tmp_path: Path, case: tuple[DownloadLimits, str]
) -> None:
    error = failure(tmp_path, limits=case[0])
    assert (type(error), error.message) == (UnavailableError, case[1])
    assert github.asked(Ask.ASSET) == 0


def test_more_bytes_than_announced_are_not_taken(github: FakeGithub, release: Release, tmp_path: Path) -> None:
    github.misbehave(Ask.BYTES, Mood.MORE)
    assert "sent more than the" in failure(tmp_path).message


def test_no_release_is_told(github: FakeGithub, tmp_path: Path) -> None:
    github.add("v1", FILES, draft=True)
    error = failure(tmp_path)
    assert (type(error), error.message) == (
        UnavailableError,
        "GitHub acme/widget: there is no published release v1 that can be seen",
    )


def test_a_release_without_files_is_broken(github: FakeGithub, tmp_path: Path) -> None:
    github.add("v1", {})
    assert isinstance(failure(tmp_path), InputError)


def test_a_folder_with_other_files_is_not_used(github: FakeGithub, release: Release, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError) as caught:
        download(tmp_path)
    assert caught.value.message == f"{tmp_path}: has 'mine.txt' in it, which is no file of release v1"


def test_a_folder_of_our_own_keeps_nothing_of_an_earlier_state(
    github: FakeGithub, release: Release, tmp_path: Path
) -> None:
    download(tmp_path)
    del release.assets["a.txt"]
    assert download(tmp_path, replace=True) == ()
    assert sorted(contents(tmp_path)) == ["b.bin", "c.json"]


def test_a_link_in_the_place_of_a_file_is_replaced_not_followed(
    github: FakeGithub, release: Release, tmp_path: Path
) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "in"
    outside.write_text("precious")
    folder.mkdir()
    (folder / "a.txt").symlink_to(outside)
    download(folder)
    assert outside.read_text() == "precious"
    assert not (folder / "a.txt").is_symlink()


def test_offline_nothing_is_asked(github: FakeGithub, release: Release, tmp_path: Path) -> None:
    assert "not asked, this run is offline" in failure(tmp_path, offline=True).message
    assert github.requests == []


@pytest.mark.parametrize(("repository", "tag"), [("acme", "v1"), ("acme/widget", "../v1"), ("a/b?x", "v1")])
def test_what_is_no_repository_or_tag_is_usage(tmp_path: Path, repository: str, tag: str) -> None:
    with pytest.raises(UsageError):
        download_release(repository, tag, tmp_path)
