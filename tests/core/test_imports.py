"""The imports of a program: msgspec without what it only tries, and the collector only afterwards."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from ops.supply_chain.core import imports
from ops.supply_chain.core.imports import TRIED, begin_imports, end_imports

SCHEMAS = """
import json, msgspec, sys
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.files.provenance import Statement
from ops.supply_chain.contracts.files.record import Record
print(json.dumps([msgspec.json.schema(kind) for kind in (Config, Record, Statement)], sort_keys=True))
"""


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    gc.enable()
    imports._begun = False
    gc.unfreeze()


def _printed(code: str) -> str:
    return subprocess.run([sys.executable, "-Ic", code], capture_output=True, text=True, check=True).stdout


def test_msgspec_understands_the_same_types_without_what_it_tries() -> None:
    plain = _printed(f"import {TRIED}\n{SCHEMAS}")
    light = _printed(f"from ops.supply_chain.core.imports import import_msgspec\nimport_msgspec()\n{SCHEMAS}")
    assert light == plain != ""


def test_what_msgspec_does_without_can_be_imported_later() -> None:
    code = (
        "import sys\n"
        "from ops.supply_chain.core.imports import TRIED, import_msgspec\n"
        "import_msgspec()\n"
        "assert TRIED not in sys.modules and 'inspect' not in sys.modules\n"
        "import typing, typing_extensions, msgspec._utils\n"
        "assert sys.modules[TRIED] is typing_extensions\n"
        "assert msgspec._utils._get_type_hints is typing.get_type_hints\n"
        "for name in ('NotRequired', 'Required'):\n"
        "    assert getattr(typing, name) is getattr(typing_extensions, name) is getattr(msgspec._utils, name)\n"
        "print('done')"
    )
    assert _printed(code) == "done\n"


def test_modules_that_are_imported_already_stay() -> None:
    before = dict(sys.modules)
    imports.import_msgspec()
    assert sys.modules == before


def test_the_collector_waits_for_the_end_of_the_imports() -> None:
    before = gc.get_freeze_count()
    begin_imports()
    assert not gc.isenabled()
    end_imports()
    assert gc.isenabled()
    assert gc.get_freeze_count() > before
    frozen = gc.get_freeze_count()
    end_imports()
    assert gc.get_freeze_count() <= frozen


def test_a_second_begin_keeps_the_collector_waiting_and_no_longer() -> None:
    begin_imports()
    begin_imports()
    assert not gc.isenabled()
    end_imports()
    assert gc.isenabled()


def test_without_a_begin_the_end_changes_nothing() -> None:
    before = gc.get_freeze_count()
    end_imports()
    assert gc.get_freeze_count() == before
    gc.disable()
    begin_imports()
    end_imports()
    assert not gc.isenabled()
