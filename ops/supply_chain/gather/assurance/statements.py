"""Statements that several projects share: one file in a folder above them, for documents and claims only.

No gate reads them: what decides about a release is in the project's own configuration, which is part of its commit.
"""

from __future__ import annotations

import re

import msgspec

from ops.supply_chain.adapters.files.inputs import read_input, read_input_text
from ops.supply_chain.contracts.config.file import CONFIG_NAME, Config, parse_config
from ops.supply_chain.core import plain_toml
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.text import printable
from ops.supply_chain.runner.context import StageRun

NAME = ".security-statements.toml"
SHARED: dict[str, frozenset[str]] = {
    "controls": frozenset({"stated"}),
    "governance": frozenset({"model", "text"}),
    "more_links": frozenset(),
    "reporting": frozenset(),
    "support": frozenset({"policy", "text"}),
}
"""Tables that the file may have, each with its keys (none for all): statements for readers, which no gate uses."""

_PATH = re.compile(r"(?:\.\./){1,8}" + re.escape(NAME))


def with_statements(run: StageRun) -> StageRun:
    """Return a run whose configuration has the shared statements, where it has no table of its own; twice is as once.

    Raises:
        UsageError: `[documents].statements_from` is no such path, or the file is missing, invalid, or decides more.
        InputError: The file cannot be read.
    """
    given = run.config.documents.statements_from
    if not given:
        return run
    if not _PATH.fullmatch(given):
        raise _refused(f"documents.statements_from is {printable(given)!r}: expected ../{NAME} or the same further up")
    folder = (run.root / given).parent
    data = read_input(folder, NAME)
    if data is None:
        raise _refused(f"documents.statements_from: there is no {printable(given)}")
    shared = _parsed(data, given)
    own = plain_toml.load(read_input_text(run.root, CONFIG_NAME) or "")
    return msgspec.structs.replace(run, config=_merged(run.config, shared, set(own)))


def _parsed(data: bytes, given: str) -> dict[str, object]:
    try:
        text = data.decode("utf-8")
        plain = plain_toml.load(text)
    except (UnicodeDecodeError, plain_toml.TomlError) as error:
        raise _refused(f"{given}: cannot be read: {error}") from error
    for table, content in plain.items():
        keys = SHARED.get(table)
        if keys is None:
            raise _refused(f"{given}: {printable(table)!r} is not for several projects: expected {', '.join(SHARED)}")
        further = sorted(set(content) - keys) if keys and isinstance(content, dict) else []
        if further:
            raise _refused(f"{given}: {table}.{printable(further[0])} belongs into the project's own {CONFIG_NAME}")
    config = parse_config(text, where=given)
    return {table: getattr(config, table) for table in plain}


def _merged(config: Config, shared: dict[str, object], own: set[str]) -> Config:
    """Return the configuration with each shared table that the project does not have itself."""
    changes = {table: value for table, value in shared.items() if table not in own}
    return msgspec.structs.replace(config, **changes)


def _refused(message: str) -> UsageError:
    return UsageError(
        message if message.startswith("..") else f"{CONFIG_NAME}: {message}",
        hint="See docs/security_md.md, 'Statements for several projects'.",
        kind=ErrorClass.CONFIGURATION,
    )
