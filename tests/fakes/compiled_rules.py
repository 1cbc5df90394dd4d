"""Rules that are compiled once in a process, where a stage compiles them in a child for each evaluation.

Evaluation stays where it is: in a forked child, which has what its parent compiled. Only the rules of this
repository are compiled here, as rules that make the engine end the process would end the tests.
"""

from __future__ import annotations

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
MOST = 4
"""Policies that are kept: each is one with its data, which configurations change."""

_kept: dict[bytes, engine.Engine] = {}
keep_for_module(_kept.clear)


@cache
def _own_sources() -> frozenset[str]:
    return frozenset(path.read_text(encoding="utf-8") for path in POLICY.rglob("*.rego"))


def _prepare(policy: Policy) -> None:
    """Compile a policy in this process, unless it is known or has rules of others."""
    key = msgspec.json.encode(policy)
    modules = (*policy.libraries, *(rule.module for rule in policy.rules))
    if key in _kept:
        _kept[key] = _kept.pop(key)  # the newest is the last to go
    elif _own_sources().issuperset(module.source for module in modules):
        while len(_kept) >= MOST:
            del _kept[next(iter(_kept))]
        _kept[key] = engine.Engine(policy)


@contextmanager
def compiled_once() -> Iterator[None]:
    """Have evaluations use rules that were compiled before, while it is open."""
    evaluate_part, compiled = engine._evaluate_part, engine.Engine

    def prepared(policy: Policy, document: dict[str, Any], own: engine.Engine | None = None) -> tuple[RuleVerdict, ...]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine, "Engine", compiled)
            _prepare(policy)
        return evaluate_part(policy, document, own)

    def known(policy: Policy) -> engine.Engine:
        return _kept.get(msgspec.json.encode(policy)) or compiled(policy)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_evaluate_part", prepared)
        patch.setattr(engine, "Engine", known)
        yield
