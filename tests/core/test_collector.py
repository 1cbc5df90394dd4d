"""The collector of cycles is suspended, and enabled again where it was."""

from __future__ import annotations

import gc

import pytest

from ops.supply_chain.core.collector import without_collection


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
