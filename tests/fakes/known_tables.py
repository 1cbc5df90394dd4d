"""A registry in a file, with its tables made once in a process: to make them takes longer than what most tests do with one.

A file that is there already is upgraded as ever, and so are the schemas of a server.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ENGINE = "ops.supply_chain.adapters.registry.engine"
_NUMBERS = itertools.count()


@contextmanager
def known_tables(folder: Path) -> Iterator[None]:
    """Begin each new file as a copy of one that has its tables, while it is open, where a registry has been imported.

    Args:
        folder: Gets that one, on first use.
    """
    engine = sys.modules.get(ENGINE)
    if engine is None:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        make = engine._file_engine
        begun = folder / "registry.sqlite"

        def copied(path: Path | None) -> Any:
            if path is not None and path != begun and not os.path.lexists(path):
                with suppress(OSError):  # where no file can be made, the registry is the first to say so
                    _begin(path, begun, engine)
            return make(path)

        patch.setattr(engine, "_file_engine", copied)
        yield


def _begin(path: Path, begun: Path, engine: ModuleType) -> None:
    from ops.supply_chain.adapters.registry.address import DEFAULT_TENANT, RegistryAddress

    if not begun.exists():
        begun.parent.mkdir(exist_ok=True)
        engine.Database(RegistryAddress(DEFAULT_TENANT, begun)).close()
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = begun.with_name(f"copy-{next(_NUMBERS)}")
    shutil.copyfile(begun, whole)
    try:
        os.link(whole, path)  # unlike a rename it replaces no file that another process has made meanwhile
    finally:
        whole.unlink()
