"""Settings and tables that can make the gate weaker: every key is classified, and each direction is right."""

from __future__ import annotations

import json
import random
from fnmatch import fnmatchcase
from typing import Any

import msgspec
import pytest

from ops.supply_chain.assurance.policy import comparison, settings
from ops.supply_chain.assurance.policy.comparison import PolicyContents, weakened_policy
from ops.supply_chain.assurance.policy.settings import (
    DERIVED,
    DIRECTIONS,
    NEUTRAL,
    PUBLIC,
    ProjectEffects,
    keys,
    weakened_settings,
)
from ops.supply_chain.contracts.config.file import Config, parse_config
from ops.supply_chain.contracts.values.finding import WORST_FIRST, Severity
from tests.policy.support import POLICY


def test_every_key_of_the_configuration_is_classified_once() -> None:
    everything = set(keys(Config))
    known = [*DIRECTIONS, *DERIVED, *NEUTRAL]
    assert len(known) == len(set(known))
    tables = {key.split(".")[0] for key in everything if "." in key}
    assert {name for name in known if name not in everything and name not in tables} == set()
    classified = {key: [name for name in known if key == name or key.startswith(f"{name}.")] for key in everything}
    assert {key: names for key, names in classified.items() if len(names) != 1} == {}, (
        "add the key to DIRECTIONS, DERIVED or NEUTRAL in assurance/policy/settings.py"
    )
    assert set(PUBLIC) <= set(DIRECTIONS)


def test_a_key_that_is_not_classified_is_weaker_by_any_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(NEUTRAL, "retention")
    found = weakened_settings(parse_config("[retention]\ndays = 900\n"), ProjectEffects())
    assert [one.in_words for one in found] == ["retention.days from 365 to 900 (not accepted)"]
    assert weakened_settings(Config(), ProjectEffects()) == []


def test_every_reason_is_a_sentence() -> None:
    assert all(text == text.strip() and len(text) > 5 for text in (*DERIVED.values(), *NEUTRAL.values()))


def test_every_key_of_the_built_in_tables_has_a_direction_or_is_weaker_by_any_change() -> None:
    names = {
        f"{table}.{key}"
        for path in (POLICY / "data").glob("*.json")
        for table, values in json.loads(path.read_text()).items()
        for key in values
    }
    known = {*comparison._MEMBERS, "licences.allow", "licences.allow_also", "licences.deny", "licences.on_unknown"}
    assert known <= names
    assert names - known == {
        "release.sbom_stage",
        "suppliers.future_seconds",
        "suppliers.refused_by",
        "versions.exact_pattern",
    }


@pytest.mark.parametrize("key", ["gate.fail_on", *(key for key in DIRECTIONS if "publishers.a" in key)])
def test_a_severity_is_compared_by_rank(key: str) -> None:
    default = settings.value_at(Config(), key)
    if not isinstance(default, Severity):
        return
    table, name = key.split(".")
    weaker = {
        severity
        for severity in Severity
        if weakened_settings(parse_config(f'[{table}]\n{name} = "{severity}"\n'), ProjectEffects())
    }
    rank: dict[Severity, int] = {severity: -place for place, severity in enumerate(WORST_FIRST)}
    rank[Severity.UNKNOWN] = rank[Severity.HIGH]
    raised = {severity for severity in Severity if rank[severity] > rank[default]}
    lowered = {severity for severity in Severity if rank[severity] < rank[default]}
    assert weaker == (raised if key == "gate.fail_on" else lowered)


def contents(tables: dict[str, Any]) -> PolicyContents:
    return PolicyContents(profiles=("release",), modules={}, tables=tables)


def permits(allow: list[str], allow_also: list[str], deny: list[str], text: str) -> bool:
    """Decide one known licence as `policy/lib/licences.rego` does."""
    forms = (text, text.partition(" WITH ")[0])

    def matches(patterns: list[str]) -> bool:
        return any(fnmatchcase(form, pattern) for form in forms for pattern in patterns)

    named = " WITH " in text and text in allow and text not in deny
    return text in allow_also or (matches(allow) and (named or not matches(deny)))


def test_licence_lists_that_permit_more_are_weaker() -> None:
    """Property: where a change of the lists permits a licence that was refused, it counts as weaker."""
    chance = random.Random(11)  # noqa: S311 - seeded, for a repeatable test
    licences = ["MIT", "Apache-2.0", "GPL-2.0-only", "GPL-3.0-only", "GPL-2.0-only WITH Classpath-exception-2.0"]
    patterns = [*licences, "*", "GPL-*", "GPL-2*", "A*"]
    found = 0
    for _ in range(3000):
        old, new = (
            {
                "allow": chance.sample(patterns, chance.randint(0, 3)),
                "allow_also": chance.sample(licences, chance.randint(0, 1)),
                "deny": chance.sample(patterns, chance.randint(0, 3)),
            }
            for _ in range(2)
        )
        more = any(permits(**new, text=text) and not permits(**old, text=text) for text in licences)
        if more:
            found += 1
            assert weakened_policy(contents({"licences": old}), contents({"licences": new})), (old, new)
        assert not weakened_policy(contents({"licences": old}), contents({"licences": old}))
    assert found > 300


def test_a_module_that_is_missing_or_changed_is_weaker_and_one_more_is_not() -> None:
    built_in = PolicyContents(
        profiles=("a-b", "release"), modules={"sealwright.a_b.x": "1", "sealwright.lib": "2"}, tables={}
    )
    used = msgspec.structs.replace(built_in, modules=built_in.modules | {"sealwright.own.y": "3"})
    assert weakened_policy(built_in, used) == []
    changed = msgspec.structs.replace(used, modules={"sealwright.lib": "4"})
    assert [(one.setting, one.value) for one in weakened_policy(built_in, changed)] == [
        ("policy.rules.a_b.x", "removed"),
        ("policy.rules.lib", "changed to sha256:4"),
    ]
    without = msgspec.structs.replace(changed, profiles=("release",), modules={"sealwright.lib": "2"})
    assert [one.setting for one in weakened_policy(built_in, without)] == ["policy.profiles"]


def test_true_is_not_1_and_a_list_is_not_a_table() -> None:
    table = {"release": {"required_stages": ["a"], "sbom_stage": 1}}
    for key, value in (("required_stages", {"a": True}), ("sbom_stage", True), ("required_stages", ["a", 1])):
        changed = {"release": table["release"] | {key: value}}
        assert [one.setting for one in weakened_policy(contents(table), contents(changed))] == [
            f"policy.data.release.{key}"
        ]
    assert weakened_policy(contents(table), contents({}))[0].value == "absent"
