"""`check_hashes --bytes`: what is announced, kept, and with `changed` not downloaded again."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from ops.supply_chain import check_hashes
from ops.supply_chain.adapters.files.verified_files import VerifiedFiles
from ops.supply_chain.adapters.index.session import Limits
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.dependencies.index_hashes.downloads import EarlierBytes, EarlierFile
from ops.supply_chain.runner.context import StageRun
from tests.fakes.index import Ask, FakeFile, FakeIndex, Mood
from tests.test_wheel_contents import CALM, FILES
from tests.test_wheel_contents import World as Contents

EARLIER = "ops.supply_chain.gather.assurance.earlier_bytes.earlier_bytes"


class Project(Contents):
    """A project with pins, an index on loopback, and what retained releases are said to have verified."""

    def __init__(self, root: Path, index: FakeIndex, capfd: pytest.CaptureFixture[str]) -> None:
        super().__init__(root, index, capfd)
        self.earlier = EarlierBytes({})
        self.asked: Collection[str] = ()

    def before(self, _run: StageRun, wanted: Collection[str]) -> EarlierBytes:
        self.asked = wanted
        return self.earlier

    def run(self, *words: str) -> int:
        self.index.requests.clear()
        return self._run(check_hashes.main, *words)

    def had(self, *files: FakeFile, contents: Collection[str] = ()) -> None:
        """Say that a release had these files, with these files beside the locks."""
        known = {file.sha256: EarlierFile(len(file.data), "0.9", frozenset(contents)) for file in files}
        self.earlier = EarlierBytes({**self.earlier.files, **known})

    @property
    def downloaded(self) -> int:
        return self.index.asked("/files/")


@pytest.fixture
def project(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setattr("ops.supply_chain.adapters.index.client.Timeouts", lambda: CALM)
    monkeypatch.setattr("ops.supply_chain.adapters.index.client.TIMEOUTS", CALM)
    monkeypatch.setattr("ops.supply_chain.adapters.index.client.Limits", lambda: Limits(download_bytes=1 << 20))
    with FakeIndex() as index:
        made = Project(tmp_path, index, capfd)
        monkeypatch.setattr(EARLIER, made.before)
        yield made


def two_wheels(project: Project) -> tuple[FakeFile, FakeFile]:
    crypt, pure = project.offer("crypt", "2.0", FILES), project.offer("pure", "1.0", {"pure.py": b""}, "py3-none-any")
    project.lock(crypt, pure)
    return crypt, pure


def reads(project: Project) -> list[str]:
    return [ref["path"] for ref in project.record["reads"] if ref["path"].startswith("download:")]


def test_everything_is_downloaded_each_time_and_announced(project: Project) -> None:
    crypt, pure = two_wheels(project)
    for _ in range(2):
        assert project.run("--bytes") == ExitCode.PASS
        assert project.downloaded == 2
        assert "downloading 2 files (" in project.shown
        assert "each run downloads all of them" in project.shown
        assert "--bytes=changed" in project.shown
    assert project.record["options"] == {"bytes": "yes"}
    assert reads(project) == [f"download:{crypt.filename}", f"download:{pure.filename}"]
    refs = {ref["path"]: (ref["sha256"], ref["size"]) for ref in project.record["reads"]}
    assert refs[f"download:{pure.filename}"] == (pure.sha256, len(pure.data))
    assert project.run("--bytes=everything") == ExitCode.PASS
    assert (project.downloaded, project.record["options"]) == (2, {"bytes": "yes"})


def test_without_a_verified_release_changed_downloads_everything(project: Project) -> None:
    crypt, pure = two_wheels(project)
    assert project.run("--bytes=changed") == ExitCode.PASS
    assert project.asked == {crypt.sha256, pure.sha256}
    assert project.downloaded == 2
    assert project.record["options"] == {"bytes": "changed"}
    assert project.record["counts"]["verified_before"] == 0
    assert "each run downloads" not in project.shown
    assert not any("claim" in note for note in project.record["notes"])


def test_changed_downloads_only_what_no_release_has_verified(project: Project) -> None:
    crypt, pure = two_wheels(project)
    project.had(crypt)
    assert project.run("--bytes=changed") == ExitCode.PASS
    assert (project.downloaded, reads(project)) == (1, [f"download:{pure.filename}"])
    counts = project.record["counts"]
    assert (counts["locked"], counts["examined"], counts["files"], counts["verified_before"]) == (2, 2, 1, 1)
    assert counts["bytes"] == len(pure.data)
    [note] = [note for note in project.record["notes"] if "--bytes=changed" in note]
    assert note.startswith("1 file was verified by retained releases and not downloaded in this run")
    assert "the claim bytes-verified needs nox -s check_hashes -- --bytes" in note
    assert "1 file that retained releases verified is not downloaded again" in project.shown


def test_a_release_that_does_not_verify_is_named(project: Project) -> None:
    two_wheels(project)
    project.earlier = EarlierBytes({}, unusable=("retained release 0.9 counts for nothing: x",))
    assert project.run("--bytes=changed") == ExitCode.PASS
    assert project.downloaded == 2
    assert "retained release 0.9 counts for nothing: x" in project.record["notes"]


def test_the_index_is_still_asked_and_a_yanked_or_replaced_file_found(project: Project) -> None:
    crypt, pure = two_wheels(project)
    project.had(crypt, pure)
    crypt.yanked = "broken"
    assert project.run("--bytes=changed") == ExitCode.DENIED
    assert [finding["code"] for finding in project.record["findings"]] == ["hash.yanked"]
    crypt.yanked = None
    crypt.data += b"x"
    assert project.run("--bytes=changed") == ExitCode.DENIED
    assert [finding["code"] for finding in project.record["findings"]] == ["hash.missing"]


@pytest.mark.parametrize("mood", [mood for mood in Mood if mood not in (Mood.HANG, Mood.DRIP)])
def test_what_fails_with_changed_fails_closed_and_is_not_kept(project: Project, mood: Mood, tmp_path: Path) -> None:
    crypt, pure = two_wheels(project)
    project.had(crypt)
    project.index.misbehave(Ask.FILE, mood)
    cache = tmp_path / "cache"
    expected = ExitCode.DENIED if mood is Mood.MALFORMED else ExitCode.NOT_EXAMINED
    assert project.run("--bytes=changed", "--cache", str(cache)) == expected
    assert reads(project) == []
    assert [path.name for path in cache.glob("files/??/*")] == []
    assert VerifiedFiles(cache).place([pure.sha256], tmp_path) == 0


def test_offline_is_not_examined_whatever_is_kept(project: Project) -> None:
    two = two_wheels(project)
    assert project.run("--bytes") == ExitCode.PASS
    project.had(*two)
    assert project.run("--bytes=changed", "--offline") == ExitCode.NOT_EXAMINED


def test_contents_are_compared_from_the_kept_file_and_a_damaged_one_is_downloaded(
    project: Project, tmp_path: Path
) -> None:
    crypt, pure = two_wheels(project)
    cache = tmp_path / "cache"
    given = ("--cache", str(cache))
    assert project.run("--bytes", "--record", *given) == ExitCode.PASS
    project.had(crypt, pure)
    path = project.root / "requirements.contents.json"
    path.write_bytes(path.read_bytes().replace(b"4.0.3", b"4.0.4"))
    assert project.run("--bytes=changed", *given) == ExitCode.DENIED
    assert [finding["code"] for finding in project.record["findings"]] == ["hash.contents-differ"]
    assert project.downloaded == 0
    for kept in cache.glob(f"files/??/{crypt.sha256}-*"):
        kept.write_bytes(crypt.data[:-1])
    assert project.run("--bytes=changed", *given) == ExitCode.DENIED
    assert project.downloaded == 1
    shutil.rmtree(cache / "files")
    assert project.run("--bytes=changed", *given) == ExitCode.DENIED
    assert project.downloaded == 2


def test_contents_that_the_release_compared_are_not_compared_again(project: Project, tmp_path: Path) -> None:
    crypt, pure = two_wheels(project)
    assert project.run("--bytes", "--record", "--cache", str(tmp_path / "one")) == ExitCode.PASS
    contents = (project.root / "requirements.contents.json").read_bytes()
    project.had(crypt, pure, contents=[sha256_bytes(contents)])
    assert project.run("--bytes=changed", "--cache", str(tmp_path / "two")) == ExitCode.PASS
    assert project.downloaded == 0
    assert project.run("--bytes=changed", "--record", "--cache", str(tmp_path / "two")) == ExitCode.PASS
    assert project.downloaded == 2  # to record, every wheel is opened


def test_a_hash_that_the_index_does_not_publish_is_always_downloaded(project: Project) -> None:
    crypt, pure = two_wheels(project)
    project.had(crypt, pure)
    text = (project.root / "requirements.txt").read_text()
    sha512 = hashlib.sha512(pure.data).hexdigest()
    (project.root / "requirements.txt").write_text(text.replace(pure.pin_hash, f"sha512:{sha512}"))
    assert project.run("--bytes=changed") == ExitCode.PASS
    assert project.downloaded == 1


def test_another_value_is_refused(project: Project) -> None:
    two_wheels(project)
    assert project.run("--bytes=some") == ExitCode.USAGE
    assert "everything" in project.shown
