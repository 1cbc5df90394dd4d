"""The command that upgrades one pin, by the tool that wrote the lock.

Source: https://docs.astral.sh/uv/reference/cli/#uv-lock, https://python-poetry.org/docs/cli/#update,
https://pdm-project.org/latest/reference/cli/#update, https://pipenv.pypa.io/en/latest/commands.html
"""

from __future__ import annotations

from ops.supply_chain.contracts.values.lock import LockKind

_COMMANDS = {
    LockKind.REQUIREMENTS: "nox -s lock -- --upgrade-package {name}",
    LockKind.UV: "uv lock --upgrade-package {name}",
    LockKind.POETRY: "poetry update --lock {name}",
    LockKind.PDM: "pdm update --no-sync {name}",
    LockKind.PIPFILE: "pipenv upgrade {name}",
}


def upgrade_command(kind: LockKind, name: str) -> str:
    """Return the command that locks one package again; empty where several tools write such a lock.

    Args:
        kind: Of the lock.
        name: The package, in PEP 503 form.
    """
    return _COMMANDS[kind].format(name=name) if kind in _COMMANDS else ""
