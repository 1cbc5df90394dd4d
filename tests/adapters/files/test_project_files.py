"""Walking and reading a project folder without leaving it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops.supply_chain.adapters.files import project_files
from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.gather.gates.locks import find_locks, read_project_locks


def _make(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("a==1\n")


NOT_OURS = [
    ".git/requirements.txt", ".hg/requirements.txt", ".tox/x/requirements.txt", ".nox/requirements.txt", "a/node_modules/requirements.txt",
    "__pycache__/requirements.txt", "build/requirements.txt", "a/dist/requirements.txt", "lib/site-packages/requirements.txt",
    "demo.egg-info/requirements.txt", "demo-1.dist-info/requirements.txt", ".venv/requirements.txt",
]  # fmt: skip


@pytest.mark.parametrize("path", NOT_OURS)
def test_what_is_not_walked(tmp_path: Path, path: str) -> None:
    _make(tmp_path, path, "a/b/requirements.txt", ".github/requirements.txt", "builder/requirements.txt")
    assert find_locks(tmp_path, LocksConfig()) == [
        ".github/requirements.txt", "a/b/requirements.txt", "builder/requirements.txt",
    ]  # fmt: skip


@pytest.mark.parametrize("mark", ["pyvenv.cfg", "conda-meta/history"])
def test_environments_of_any_name_are_not_walked(tmp_path: Path, mark: str) -> None:
    _make(tmp_path, f"myenv/{mark}", "myenv/requirements.txt", "myenv/lib/x/requirements.txt", "requirements.txt")
    assert find_locks(tmp_path, LocksConfig()) == ["requirements.txt"]


def test_the_project_may_lie_in_a_folder_of_such_a_name(tmp_path: Path) -> None:
    root = tmp_path / "build" / "site-packages"
    _make(root, "requirements.txt", "pyvenv.cfg")
    assert find_locks(root, LocksConfig()) == ["requirements.txt"]


def test_the_walk_is_sorted_and_prunes(tmp_path: Path) -> None:
    _make(tmp_path, "b/x.txt", "a/z.txt", "a/y.txt", "c.txt", "d/e/f.txt")
    walked = list(ProjectFiles(tmp_path).walk(lambda path: path in ("d", "a/y.txt")))
    assert walked == ["c.txt", "a/z.txt", "b/x.txt"]


def test_symlinked_folders_are_not_followed(tmp_path: Path) -> None:
    _make(tmp_path, "p/a/requirements.txt", "outside/requirements.txt")
    (tmp_path / "p/round").symlink_to(tmp_path / "p")
    (tmp_path / "p/out").symlink_to(tmp_path / "outside")
    (tmp_path / "p/requirements.txt").symlink_to("a")
    assert find_locks(tmp_path / "p", LocksConfig()) == ["a/requirements.txt"]


def test_a_symlinked_lock_within_the_project_is_read(tmp_path: Path) -> None:
    _make(tmp_path, "a/base.txt")
    (tmp_path / "requirements.txt").symlink_to("a/base.txt")
    locks = read_project_locks(tmp_path, LocksConfig())
    assert [(lock.path, len(lock.entries)) for lock in locks] == [("a/base.txt", 1), ("requirements.txt", 1)]


LINKS = {
    "in": "a",
    "out": "../outside",
    "round": ".",
    "gone": "nothing",
    "a/up": "..",
    "a/file": "b/c.txt",
    "a/b/leads-out": "../../../outside/d.txt",
}
NAMES = ("a", "b", "c.txt", "d.txt", "in", "out", "round", "gone", "up", "file", "leads-out", "..", ".", "", "\0")


@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5).map("/".join))
@settings(
    derandomize=True,
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_links_are_on_the_way_a_file_is_where_the_system_finds_it(linked: Path, path: str) -> None:
    root, expected = linked / "p", None
    if "\0" not in path and os.path.lexists(root / path):
        expected = Path(os.path.realpath(root / path))
    found = _where(ProjectFiles(root), path)
    if expected is not None and not expected.is_relative_to(root):
        assert found == "refused"
    elif "\0" in path:
        assert found in (None, "refused")
    else:
        assert found == expected


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """A project with links within it and out of it."""
    for name in ("p/a/b/c.txt", "p/c.txt", "outside/d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    for name, target in LINKS.items():
        (tmp_path / "p" / name).symlink_to(target)
    return tmp_path


def _where(files: ProjectFiles, path: str) -> Path | str | None:
    try:
        return files._inside(path)
    except (InputError, ValueError):
        return "refused"


REFUSED = {
    "leads out": ("requirements.txt:1: expected a file of the project, found one that leads out of it"),
    "leads nowhere": ("requirements.txt:1: expected a readable file, found No such file or directory"),
    "pipe": ("requirements.txt:1: expected a regular file, found a folder or device"),
    "too large": ("requirements.txt:1: expected at most 3 bytes, found 5"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_must_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    root, lock = tmp_path / "p", tmp_path / "p" / "requirements.txt"
    _make(tmp_path, "outside.txt", "p/x.md")
    if case == "leads out":
        lock.symlink_to("../outside.txt")
    elif case == "leads nowhere":
        lock.symlink_to("gone.txt")
    elif case == "pipe":
        os.mkfifo(lock)
    else:
        lock.write_text("a==1\n")
        monkeypatch.setattr(project_files, "LARGEST_FILE_BYTES", 3)
    with pytest.raises(InputError) as caught:
        read_project_locks(root, LocksConfig())
    assert caught.value.message == REFUSED[case]
    assert caught.value.hint


def test_other_texts_that_lead_out_are_left_alone(tmp_path: Path) -> None:
    _make(tmp_path, "outside.txt", "p/x.md")
    (tmp_path / "p/notes.txt").symlink_to("../outside.txt")
    assert find_locks(tmp_path / "p", LocksConfig()) == []


def test_an_include_that_leads_out_is_refused(tmp_path: Path) -> None:
    _make(tmp_path, "outside.txt", "p/requirements.txt")
    (tmp_path / "p/requirements.txt").write_text("\n-r base.txt\n")
    (tmp_path / "p/base.txt").symlink_to("../outside.txt")
    with pytest.raises(InputError) as caught:
        read_project_locks(tmp_path / "p", LocksConfig())
    assert caught.value.message == (
        "requirements.txt:2: includes a file that cannot be used: "
        "base.txt:1: expected a file of the project, found one that leads out of it"
    )


def test_a_path_above_the_root_is_refused(tmp_path: Path) -> None:
    _make(tmp_path, "outside.txt", "p/x.md")
    with pytest.raises(InputError, match="found one that leads out of it"):
        ProjectFiles(tmp_path / "p").read("../outside.txt")


def test_a_missing_file_is_none(tmp_path: Path) -> None:
    assert ProjectFiles(tmp_path).read("gone/requirements.txt") is None


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError) as caught:
        find_locks(tmp_path, LocksConfig())
    assert caught.value.message == ".: expected a folder that can be read, found: Permission denied"
