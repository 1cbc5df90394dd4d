"""The project's configuration file, which every stage reads before it knows anything else of the project."""

from __future__ import annotations

from pathlib import Path

from ops.supply_chain.adapters.files.inputs import read_input
from ops.supply_chain.contracts.config.file import CONFIG_NAME, Config, parse_config
from ops.supply_chain.core.errors import ErrorClass, UsageError


def read_config(root: Path) -> Config:
    """Read the project's `.security-config.toml`, or give the defaults where there is none.

    Raises:
        UsageError: The file is there and is not a valid configuration.
        InputError: It is a link that leads out of the project, or cannot be read.
    """
    path = root / CONFIG_NAME
    if path.exists() and not path.is_file():  # a named pipe would never end
        raise UsageError(
            f"{path}: is not a file", hint="Put a TOML file there, or nothing.", kind=ErrorClass.CONFIGURATION
        )
    data = read_input(root, CONFIG_NAME)
    try:
        return Config() if data is None else parse_config(data.decode("utf-8"), where=str(path))
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: cannot be read: {error}", kind=ErrorClass.CONFIGURATION) from error
