"""Which folder a project's artifacts get: this repository's, its own, and never that of another project."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.runner.dist_folder import RESERVED, claim_for_project, dist_folder, relative_path
from ops.supply_chain.runner.dist_lock import PROJECT_NAME, hold


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    return folder


def _project(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(f'[project]\nname = "{name}"\nversion = "1"\n')
    return folder


def _folder(repository: Path, root: Path, config: Config | None = None) -> Path:
    """Return the folder of a project as a run takes it."""
    dist = dist_folder(None, root, config or Config(), repository=repository)
    with hold(dist):
        claim_for_project(dist, root, repository=repository)
    return dist


def test_this_repository_has_dist_itself(repository: Path, tmp_path: Path) -> None:
    assert _folder(repository, repository) == repository / "dist"
    (tmp_path / "link").symlink_to(repository)
    assert dist_folder(None, tmp_path / "link", Config(), repository=repository) == repository / "dist"
    assert not (repository / "dist" / PROJECT_NAME).exists()


def test_another_project_has_a_folder_with_its_name(repository: Path, tmp_path: Path) -> None:
    root = _project(tmp_path / "theirs", "acme")
    assert _folder(repository, root) == repository / "dist/acme"
    assert _folder(repository, root, Config(component_name="other")) == repository / "dist/other"
    assert (repository / "dist/acme" / PROJECT_NAME).read_text() == "../theirs\n"
    # This repository's own folder is still one that sealwright made.
    assert _folder(repository, repository) == repository / "dist"


def test_a_named_folder_is_taken_as_it_is(repository: Path, tmp_path: Path) -> None:
    given = tmp_path / "out"
    assert dist_folder(given, tmp_path, Config(), repository=repository) == given
    claim_for_project(given, tmp_path, repository=repository)
    assert not given.exists()


def test_two_projects_with_one_name_never_share(repository: Path, tmp_path: Path) -> None:
    first, second = (_project(tmp_path / name / "acme", "acme") for name in ("a", "b"))
    folders = [_folder(repository, root) for root in (first, second, first, second)]
    assert folders[0] == folders[2] == repository / "dist/acme"
    assert folders[1] == folders[3]
    assert folders[1].name.startswith("acme-")
    # A project that has such a folder keeps it.
    shutil.rmtree(folders[0])
    assert _folder(repository, second) == folders[1]


def test_a_folder_goes_to_the_next_project_where_the_first_is_gone(repository: Path, tmp_path: Path) -> None:
    first = _project(tmp_path / "old", "acme")
    assert _folder(repository, first) == repository / "dist/acme"
    first.rename(tmp_path / "new")
    assert _folder(repository, tmp_path / "new") == repository / "dist/acme"
    assert (repository / "dist/acme" / PROJECT_NAME).read_text() == "../new\n"


def test_the_note_is_right_where_both_are_moved(repository: Path, tmp_path: Path) -> None:
    root = _project(tmp_path / "theirs", "acme")
    _folder(repository, root)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for folder in (repository, root):
        folder.rename(moved / folder.name)
    assert _folder(moved / "checkout", moved / "theirs") == moved / "checkout/dist/acme"


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_no_project_has_a_folder_of_this_repositorys_own(repository: Path, tmp_path: Path, name: str) -> None:
    for spelling in (name, name.upper()):
        found = dist_folder(None, tmp_path, Config(component_name=spelling), repository=repository)
        assert found.parent == repository / "dist"
        assert found.name.casefold() not in RESERVED


@pytest.mark.parametrize("name", ["../../up", ".hidden", "a/b", "a b", "..", "-", "ä", "a\nb", ""])
def test_a_name_that_no_component_may_have_stays_in_dist(repository: Path, tmp_path: Path, name: str) -> None:
    root = _project(tmp_path / "theirs", "x")
    (root / "pyproject.toml").write_text("[project]\nname = " + repr(name).replace("'", '"') + "\n")
    found = dist_folder(None, root, Config(), repository=repository)
    assert found.parent == repository / "dist"
    assert not found.name.startswith(".")


def test_a_broken_project_still_has_a_folder(repository: Path, tmp_path: Path) -> None:
    root = _project(tmp_path / "theirs", "x")
    (root / "pyproject.toml").write_text("[")
    assert dist_folder(None, root, Config(), repository=repository) == repository / "dist/theirs"


def test_projects_never_share_whatever_they_are_called(repository: Path, tmp_path: Path) -> None:
    """Seeded: names from a small set, so that they meet, in any order and any number of times."""
    chance = random.Random(15)  # noqa: S311 - a reproducible order
    names = ["acme", "Acme", "release", "scan", "acme-1234abcd", "a.b"]
    roots = [_project(tmp_path / f"p{number}", chance.choice(names)) for number in range(12)]
    taken: dict[Path, Path] = {}
    for root in (chance.choice([*roots, repository]) for _ in range(60)):
        folder = _folder(repository, root)
        assert taken.setdefault(folder, root) == root, relative_path(root, repository)


def test_a_folder_of_another_program_is_refused(repository: Path, tmp_path: Path) -> None:
    root = _project(tmp_path / "theirs", "acme")
    (repository / "dist/acme").mkdir(parents=True)
    (repository / "dist/acme/thesis.docx").write_text("x")
    with pytest.raises(UsageError, match="was not made by sealwright"):
        _folder(repository, root)
    (repository / "dist/mine").mkdir()
    with pytest.raises(UsageError, match="was not made by sealwright"):
        _folder(repository, repository)
