"""Which files of a project are locks, and what several broken ones say."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.contracts.values.lock import LockKind
from ops.supply_chain.core.errors import InputError, UsageError
from ops.supply_chain.dependencies.locks.project import find_locks, read_project_locks, refuse_broken
from ops.supply_chain.dependencies.locks.read import kind_of


class Folder:
    """A project held in memory."""

    def __init__(self, files: dict[str, str], refused: tuple[str, ...] = ()) -> None:
        self._files = files
        self._refused = refused

    def walk(self, excluded: Callable[[str], bool]) -> Iterable[str]:
        for path in sorted(self._files):
            parts = path.split("/")
            if not any(excluded("/".join(parts[:end])) for end in range(1, len(parts) + 1)):
                yield path

    def read(self, path: str) -> bytes | None:
        if path in self._refused:
            raise InputError(f"{path}:1: refused")
        text = self._files.get(path)
        return None if text is None else text.encode()


KINDS = {
    "uv.lock": LockKind.UV, "a/tool.py.lock": LockKind.UV, "pylock.toml": LockKind.PYLOCK, "a/pylock.dev.toml": LockKind.PYLOCK,
    "poetry.lock": LockKind.POETRY, "pdm.lock": LockKind.PDM, "pdm.dev.lock": LockKind.PDM, "Pipfile.lock": LockKind.PIPFILE,
    "requirements.txt": LockKind.REQUIREMENTS, "dev-requirements.txt": LockKind.REQUIREMENTS,
    "requirements_dev.txt": LockKind.REQUIREMENTS, "Requirements.txt": LockKind.REQUIREMENTS,
    "a/requirements/main.txt": LockKind.REQUIREMENTS,
    "requirements.in": None, "requirements/main.in": None, "pylock.a.b.toml": None, "a.pylock.toml": None, "Cargo.lock": None,
    "main.txt": None, "pyproject.toml": None, "requirements.txt.orig": None, "requirements/a/main.txt": None,
}  # fmt: skip


@pytest.mark.parametrize("path", KINDS)
def test_the_format_by_name(path: str) -> None:
    assert kind_of(path) is KINDS[path]


PROJECT = {
    "requirements.txt": "a==1\n", "LICENSE.txt": "MIT License\n", "docs/prod.txt": "a==1\n", "docs/words.txt": "a\nb\n",
    "docs/robots.txt": "User-agent: *\n", "b/uv.lock": "version = 1\n", "examples/x/requirements.txt": "what is this\n", "notes.md": "a==1\n",
}  # fmt: skip
CHOICES = {
    "usual": (LocksConfig(), ["b/uv.lock", "docs/prod.txt", "examples/x/requirements.txt", "requirements.txt"]),
    "folder left out": (LocksConfig(exclude=("examples",)), ["b/uv.lock", "docs/prod.txt", "requirements.txt"]),
    "globs left out": (LocksConfig(exclude=("**/prod.txt", "examples/**", "./b/")), ["requirements.txt"]),
    "one level": (LocksConfig(exclude=("*/requirements.txt", "*.txt")), ["b/uv.lock", "docs/prod.txt", "examples/x/requirements.txt"]),
    "named": (LocksConfig(include=("**/*.txt",), exclude=("examples/",)), ["LICENSE.txt", "docs/prod.txt", "docs/robots.txt", "docs/words.txt", "requirements.txt"]),
    "named exactly": (LocksConfig(include=("docs/pro?.txt",)), ["docs/prod.txt"]),
    "glob letters are no expression": (LocksConfig(include=("docs.prod.txt", "docs/(prod).txt")), []),
}  # fmt: skip


@pytest.mark.parametrize("case", CHOICES)
def test_which_files_are_locks(case: str) -> None:
    config, expected = CHOICES[case]
    assert find_locks(Folder(PROJECT), config) == expected


SOURCES = {
    "requirements": ("a/main-requirements.txt", "a/main-requirements.in", "a/main-requirements.in"),
    "requirements folder": ("requirements/main.txt", "requirements/main.in", "requirements/main.in"),
    "no source": ("requirements.txt", "other.in", ""),
    "uv": ("a/uv.lock", "a/pyproject.toml", "a/pyproject.toml"),
    "elsewhere": ("a/uv.lock", "pyproject.toml", ""),
}


@pytest.mark.parametrize("case", SOURCES)
def test_what_a_lock_is_compiled_from(case: str) -> None:
    path, beside, source = SOURCES[case]
    files = {path: "version = 1\n" if path.endswith("uv.lock") else "", beside: ""}
    (lock,) = read_project_locks(Folder(files), LocksConfig()).locks
    assert (lock.path, lock.source) == (path, source)


def test_an_empty_lock_is_a_lock() -> None:
    (lock,) = read_project_locks(Folder({"requirements.txt": ""}), LocksConfig()).locks
    assert (lock.entries, lock.findings, lock.size) == ((), (), 0)


def test_all_broken_locks_are_named() -> None:
    files = {"a/requirements.txt": "a==1\n?\n", "b/uv.lock": "version = 3\n", "c/requirements.txt": "c==1\n"}
    found = read_project_locks(Folder(files), LocksConfig())
    assert [lock.path for lock in found.locks] == ["c/requirements.txt"]
    with pytest.raises(InputError) as caught:
        refuse_broken(found.broken)
    assert caught.value.message == (
        "2 locks are malformed:\n"
        "  a/requirements.txt:2: expected a requirement (name==version, an address, a path) or an option, found '?'\n"
        "  b/uv.lock:1: expected version = 1 of uv.lock, found '3'"
    )
    assert caught.value.hint == "Lock again with the tool that made the file, or leave it out with [locks].exclude."


@pytest.mark.parametrize("glob", ["services/requirements.txt", "a", "A/*.txt"])
def test_a_glob_that_names_nothing_is_a_slip_and_no_pass(glob: str) -> None:
    config = LocksConfig(include=("a/*.txt", glob))
    with pytest.raises(UsageError) as caught:
        read_project_locks(Folder({"a/requirements.txt": "a==1\n"}), config)
    assert caught.value.message == f"[locks].include {glob!r} matches no file of the project"
    assert caught.value.hint == "Correct it in .security-config.toml, or make that lock with nox -s lock."


def test_one_broken_lock_is_named_alone() -> None:
    with pytest.raises(InputError, match=r"\Auv\.lock:1: expected version = 1 of uv\.lock, found '3'\Z"):
        refuse_broken(read_project_locks(Folder({"uv.lock": "version = 3\n"}), LocksConfig()).broken)


def test_what_must_not_be_read_is_an_error_only_for_a_lock() -> None:
    refused = ("notes.txt", "requirements.txt")
    with pytest.raises(InputError, match=r"\Arequirements\.txt:1: refused\Z"):
        refuse_broken(read_project_locks(Folder(dict.fromkeys(refused, ""), refused), LocksConfig()).broken)


def test_a_file_name_that_could_forge_a_line_is_refused() -> None:
    (broken,) = read_project_locks(Folder({"a\nb/requirements.txt": ""}), LocksConfig()).broken
    assert broken.path == "a?b/requirements.txt"
    assert broken.error.message == "a?b/requirements.txt:1: expected a file name without control characters"


def test_a_broken_lock_is_a_finding_at_its_line() -> None:
    (broken,) = read_project_locks(Folder({"a/requirements.txt": "a==1\n?\n"}), LocksConfig()).broken
    finding = broken.finding
    assert (finding.code, finding.path, finding.line) == ("lock.broken", "a/requirements.txt", 2)
    assert finding.message.startswith("cannot be read, so nothing in it was examined: expected a requirement")


def test_a_broken_include_breaks_the_lock_that_includes_it() -> None:
    files = {"requirements.txt": "-r base.list\n", "base.list": "?\n", "uv.lock": "version = 1\n"}
    found = read_project_locks(Folder(files), LocksConfig())
    assert [lock.path for lock in found.locks] == ["uv.lock"]
    (broken,) = found.broken
    assert (broken.finding.path, broken.finding.line) == ("requirements.txt", 0)
    assert "base.list:1: expected a requirement" in broken.finding.message
