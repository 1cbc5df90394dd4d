"""Exit codes are unique, every error has one, and only looking makes a pass."""

from __future__ import annotations

import importlib
import itertools

import pytest

from ops.supply_chain.core import errors
from ops.supply_chain.core.errors import ExitCode, StageError
from ops.supply_chain.core.outcome import Outcome, exit_code_of, worst


def test_every_error_class_owns_one_exit_code() -> None:
    codes = [kind.exit_code for kind in StageError.__subclasses__() if kind.__module__ == errors.__name__]
    assert len(codes) == len(set(codes)) == 4
    assert not {ExitCode.PASS, ExitCode.CRASH, ExitCode.DENIED, ExitCode.INTERRUPTED} & set(codes)


def test_no_error_anywhere_ends_as_a_pass_a_crash_or_an_interrupt() -> None:
    importlib.import_module("ops.supply_chain.adapters.sigstore.failure")
    codes = {kind.exit_code for kind in StageError.__subclasses__()}
    assert ExitCode.DENIED in codes  # what Sigstore refuses
    assert not {ExitCode.PASS, ExitCode.CRASH, ExitCode.INTERRUPTED} & codes


def test_outcomes_map_to_pass_denied_and_not_examined() -> None:
    assert [exit_code_of(one) for one in Outcome] == [ExitCode.PASS, ExitCode.DENIED, ExitCode.NOT_EXAMINED]


def test_nothing_examined_is_never_a_pass() -> None:
    assert worst([]) is Outcome.NOT_EXAMINED


@pytest.mark.parametrize("parts", list(itertools.product(Outcome, repeat=3)))
def test_the_whole_passes_only_if_every_part_does(parts: tuple[Outcome, ...]) -> None:
    whole = worst(list(parts))
    assert (whole is Outcome.PASS) == (set(parts) == {Outcome.PASS})
    assert (whole is Outcome.FAIL) == (Outcome.FAIL in parts)


def test_a_described_error_says_what_to_do_on_a_line_of_its_own() -> None:
    assert errors.InputError("a.txt:3: bad", hint="Mend it.").described() == "error: a.txt:3: bad\n  next: Mend it."
    assert errors.InputError("a.txt:3: bad").described() == "error: a.txt:3: bad"
