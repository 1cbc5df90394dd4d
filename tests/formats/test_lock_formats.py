from __future__ import annotations

import pytest

from ops.supply_chain.contracts.values.lock import LockKind
from ops.supply_chain.formats.lock_formats import LOCK_FORMATS, kind_of_name, upgrade_command

COMMANDS = {
    LockKind.REQUIREMENTS: "nox -s lock -- --upgrade-package demo",
    LockKind.UV: "uv lock --upgrade-package demo",
    LockKind.POETRY: "poetry update --lock demo",
    LockKind.PDM: "pdm update --no-sync demo",
    LockKind.PIPFILE: "pipenv upgrade demo",
    LockKind.PYLOCK: "",
}


@pytest.mark.parametrize("kind", LockKind)
def test_every_kind_of_lock_has_its_command_or_none(kind: LockKind) -> None:
    assert upgrade_command(kind, "demo") == COMMANDS[kind]


def test_every_kind_has_one_row_and_names_its_own_file() -> None:
    assert sorted(row.kind for row in LOCK_FORMATS) == sorted(LockKind)
    assert [kind_of_name(kind.value) for kind in LockKind] == list(LockKind)


def test_a_check_has_a_sentence_that_means_out_of_date() -> None:
    assert all(row.outdated is not None for row in LOCK_FORMATS if row.check)
