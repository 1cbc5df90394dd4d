from __future__ import annotations

import pytest

from ops.supply_chain.contracts.values.lock import LockKind
from ops.supply_chain.formats.lock_formats import LOCK_FORMATS, kind_of_name, lock_command, upgrade_command

COMMANDS = {
    LockKind.REQUIREMENTS: "nox -s lock -- --upgrade-package demo",
    LockKind.UV: "uv lock --upgrade-package demo",
    LockKind.POETRY: "poetry update --lock demo",
    LockKind.PDM: "pdm update --no-sync demo",
    LockKind.PIPFILE: "pipenv upgrade demo",
    LockKind.PYLOCK: "",
    LockKind.SBOM: "",
}


@pytest.mark.parametrize("kind", LockKind)
def test_every_kind_of_lock_has_its_command_or_none(kind: LockKind) -> None:
    assert upgrade_command(kind, "demo") == COMMANDS[kind]


PLACED = {
    (LockKind.UV, "uv.lock", ""): "uv lock --upgrade-package demo",
    (LockKind.UV, "a b/uv.lock", ""): "uv lock --directory 'a b' --upgrade-package demo",
    (LockKind.UV, "s/run.py.lock", ""): "uv lock --directory s --script run.py --upgrade-package demo",
    (LockKind.POETRY, "s/poetry.lock", ""): "poetry update --directory s --lock demo",
    (LockKind.PDM, "pdm.prod.lock", ""): "pdm update -L pdm.prod.lock --no-sync demo",
    (LockKind.PDM, "s/pdm.lock", ""): "pdm update --project s --no-sync demo",
    (LockKind.PIPFILE, "s/Pipfile.lock", ""): "cd s && pipenv upgrade demo",
    (LockKind.REQUIREMENTS, "s/requirements.txt", ""): "nox -s lock -- --upgrade-package demo",
    (LockKind.REQUIREMENTS, "s/requirements.txt", "uv export --no-dev"): (
        "uv lock --directory s --upgrade-package demo && uv export --directory s --no-dev -o requirements.txt"
    ),
}


@pytest.mark.parametrize("where", PLACED)
def test_a_command_acts_on_the_folder_and_the_file_of_its_lock(where: tuple[LockKind, str, str]) -> None:
    kind, path, export = where
    assert upgrade_command(kind, "demo", path, export=export) == PLACED[where]


RELOCKED = {
    (LockKind.UV, "s/uv.lock"): "uv lock --directory s",
    (LockKind.UV, "run.py.lock"): "uv lock --script run.py",
    (LockKind.POETRY, "poetry.lock"): "poetry lock",
    (LockKind.PDM, "s/pdm.prod.lock"): "pdm lock --project s -L pdm.prod.lock",
    (LockKind.PIPFILE, "s/Pipfile.lock"): "cd s && pipenv lock",
    (LockKind.REQUIREMENTS, "s/requirements.txt"): "nox -s lock",
    (LockKind.PYLOCK, "pylock.toml"): "",
}


@pytest.mark.parametrize(("kind", "path"), RELOCKED)
def test_a_whole_lock_is_made_again_where_it_is(kind: LockKind, path: str) -> None:
    assert lock_command(kind, path) == RELOCKED[kind, path]


def test_every_kind_has_one_row_and_names_its_own_file() -> None:
    locks = [kind for kind in LockKind if kind is not LockKind.SBOM]  # received, never found among the project's files
    assert sorted(row.kind for row in LOCK_FORMATS) == sorted(locks)
    assert [kind_of_name(kind.value) for kind in locks] == locks


def test_a_check_has_a_sentence_that_means_out_of_date() -> None:
    assert all(row.outdated is not None for row in LOCK_FORMATS if row.check)
