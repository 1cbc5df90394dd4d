"""Rules that are compiled once in a process and evaluated there, where a stage does both in a child for each evaluation.

Only the rules of this repository are, and only over inputs of an ordinary size: what can make the engine end the process
would end the tests, and is evaluated in a child as ever. To fork a process of the size of these tests costs more than to
evaluate all rules; tests/adapters/rego covers the child and its limits.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ops.supply_chain.adapters.rego import engine
from ops.supply_chain.adapters.rego.rule_files import Policy
from ops.supply_chain.contracts.files.verdict import RuleVerdict
from tests.fakes.kept import keep_for_module

POLICY = Path(__file__).resolve().parents[2] / "policy"
LARGEST_INPUT = 100_000
"""Characters of an input, as JSON, that is evaluated in this process."""

MOST = 4
"""Policies that are kept: each is one with its data, which configurations change."""

_kept: dict[bytes, engine.Engine] = {}
keep_for_module(_kept.clear)


@cache
def _own_sources() -> frozenset[str]:
    return frozenset(path.read_text(encoding="utf-8") for path in POLICY.rglob("*.rego"))


def _known(policy: Policy, compiled: type[engine.Engine]) -> engine.Engine | None:
    """Return the rules of a policy, compiled now unless they were before; None where it has rules of others."""
    key = msgspec.json.encode(policy)
    modules = (*policy.libraries, *(rule.module for rule in policy.rules))
    if key in _kept:
        _kept[key] = _kept.pop(key)  # the newest is the last to go
    elif _own_sources().issuperset(module.source for module in modules):
        while len(_kept) >= MOST:
            del _kept[next(iter(_kept))]
        _kept[key] = compiled(policy)
    return _kept.get(key)


@contextmanager
def compiled_once() -> Iterator[None]:
    """Have evaluations use rules that were compiled before, in this process, while it is open."""
    evaluate_part, compiled = engine._evaluate_part, engine.Engine

    def here(policy: Policy, document: dict[str, Any], own: engine.Engine | None = None) -> tuple[RuleVerdict, ...]:
        known = _known(policy, compiled)
        if known is None or len(json.dumps(document)) > LARGEST_INPUT:
            return evaluate_part(policy, document, known or own)
        return known.evaluate(document)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_evaluate_part", here)
        patch.setattr(engine, "Engine", lambda policy: _known(policy, compiled) or compiled(policy))
        yield
