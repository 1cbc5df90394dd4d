"""The collector of cycles is suspended, and enabled again where it was."""

from __future__ import annotations

import gc
import json
import subprocess
import sys

import pytest

from ops.supply_chain.core.collector import importing, without_collection
from ops.supply_chain.core.start import TREE


def fail() -> None:
    with without_collection():
        assert not gc.isenabled()
        with without_collection():
            pass
        assert not gc.isenabled()
        raise ValueError("x")


def test_it_is_enabled_again_after_an_error_and_stays_disabled_where_it_was() -> None:
    assert gc.isenabled()
    with pytest.raises(ValueError, match="x"):
        fail()
    assert gc.isenabled()


IMPORTED = """
import gc, json
from ops.supply_chain.core.collector import importing
begun, runs = gc.get_freeze_count(), []
gc.callbacks.append(lambda phase, info: runs.append(phase))
with importing():
    suspended = not gc.isenabled()
    kept = [[number] for number in range(50_000)]
    quiet = not runs
print(json.dumps([begun, suspended, quiet, gc.isenabled(), gc.get_freeze_count() >= 50_000, len(gc.get_objects()) < 1000]))
"""
SIGNING = """
import gc, json, sys
from ops.supply_chain.adapters.sigstore import bundle_verifier
verifying = gc.get_freeze_count()
from ops.supply_chain.adapters.sigstore import signer
print(json.dumps([verifying > 10_000, gc.get_freeze_count() > verifying, gc.isenabled(), "requests" in sys.modules]))
"""


def printed(code: str) -> list[object]:
    done = subprocess.run([sys.executable, "-c", code], cwd=TREE, capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


def test_what_was_imported_is_left_alone_until_the_end() -> None:
    assert printed(IMPORTED) == [0, True, True, True, True, True]


def test_the_modules_of_sigstore_are() -> None:
    assert printed(SIGNING) == [True, True, True, True]


def test_an_import_that_fails_leaves_the_collector_as_it_was() -> None:
    def fail() -> None:
        with importing():
            raise ImportError("x")

    with pytest.raises(ImportError, match="x"):
        fail()
    assert gc.isenabled()
