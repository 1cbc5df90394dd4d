from __future__ import annotations

import pytest

from ops.supply_chain.contracts.values.lock import LockKind
from ops.supply_chain.formats.upgrade_commands import upgrade_command

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
