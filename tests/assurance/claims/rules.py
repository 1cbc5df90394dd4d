"""The rules of policy/claims, their needs and cases, and what they decide about evidence."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ops.supply_chain.adapters.rego import engine as rego
from ops.supply_chain.adapters.rego.metadata import package_of
from ops.supply_chain.adapters.rego.rule_files import Module, Policy, load_policy
from ops.supply_chain.contracts.files.verdict import RuleVerdict
from tests.assurance.claims.good import plain
from tests.fakes.kept import keep_for_module
from tests.policy.support import POLICY

CLAIMS = POLICY / "claims"
RULES = sorted(path for path in CLAIMS.glob("*/*.rego") if path.parent.name == path.stem)
TEST_FILES = sorted(path for path in CLAIMS.glob("*/*_test.rego") if path.parent.name != "lib")
FIXTURES = CLAIMS / "lib" / "fixtures_test.rego"

RUN_BY_OPA = """
test_cases if {{
	every case in cases {{
		fixtures.as_expected({rule}.needs, case) with input as json.patch(fixtures.evidence, case.patch)
	}}
}}
"""


class Read(NamedTuple):
    """A value that a need of a claim reads: its JSON pointer, the word for what it has to be, and a limit."""

    claim: str
    subject: str
    pointer: str
    word: str
    limit: int | None

    def within(self) -> Iterator[int]:
        """Yield the limit, with which the need holds."""
        if self.limit is not None:
            yield self.limit

    def spoilt(self) -> Iterator[Any]:
        """Yield values with which the need does not hold, as `fixtures_test.rego` lists them."""
        table = fixtures()
        yield from (*table["empty"], *table["spoilt"][self.word])
        yield from (limit + table["beyond"][self.word] for limit in self.within())

    def may_be_missing(self) -> bool:
        """Return True where the need holds without the value."""
        return self.word in fixtures()["optional"]

    def unexamined(self) -> list[Any]:
        """Return values with which it was not examined what the need asks for."""
        found: list[Any] = fixtures()["unexamined"].get(self.word, [])
        return found


@cache
def policy() -> Policy:
    return load_policy([("policy:", POLICY)], ["claims"], {})


@cache
def engine() -> rego.Engine:
    """Return all rules, compiled."""
    return rego.Engine(policy())


keep_for_module(engine.cache_clear)


def judged(document: dict[str, Any], code: str = "") -> dict[str, RuleVerdict]:
    """Return what the rules decide, or the one that is named; all are compiled once, which takes longer than to ask one."""
    asked = copy.copy(engine())
    asked._rules = tuple(rule for rule in policy().rules if code in ("", rule.code))
    assert asked._rules
    return {verdict.code: verdict for verdict in asked.evaluate(document)}


@cache
def fixtures() -> dict[str, Any]:
    """Return the values of the fixtures that opa's tests use as well."""
    names = ("evidence", "spoilt", "empty", "optional", "unexamined", "beyond")
    lines = [f'"{name}": data.sealwright.claims.lib.fixtures.{name},' for name in names]
    found: dict[str, Any] = _value([_module(FIXTURES)], lines)
    return found


@cache
def reads() -> tuple[Read, ...]:
    """Return what the needs of each claim read, as they are with the good evidence."""
    names = [rule.module.package.rpartition(".")[2] for rule in policy().rules]
    lines = [f'"{name}": data.sealwright.claims.{name}.needs,' for name in names]
    needs: dict[str, list[dict[str, Any]]] = _value([rule.module for rule in policy().rules], lines, plain())
    return tuple(
        Read(name, need["subject"], f"/{read['path']}", read["is"], read.get("limit"))
        for name in names
        for need in needs[name]
        for read in need["reads"]
    )


def cases_of(path: Path) -> dict[str, dict[str, Any]]:
    """Return the cases of a claim's own test file, which opa goes through by `test_cases`."""
    package = f"sealwright.claims.{path.stem}"
    source = path.read_text()
    text = source.removesuffix(RUN_BY_OPA.format(rule=path.parent.name))  # regopy has no working `with`
    assert text != source
    found: dict[str, dict[str, Any]] = rego.query(
        policy().libraries,
        [_module(FIXTURES), Module(path=path.name, source=text, package=package)],
        policy().documents,
        f"{package}.cases",
    )
    return found


def _module(path: Path) -> Module:
    source = path.read_text()
    return Module(path=path.name, source=source, package=package_of(source, where=path.name))


def _value(modules: list[Module], lines: list[str], document: dict[str, Any] | None = None) -> Any:
    """Return an object of which each line gives a member."""
    source = "\n".join(["package sealwright.values", "import rego.v1", "all := {", *lines, "}"])
    shown = Module(path="values.rego", source=source, package="sealwright.values")
    return rego.query(policy().libraries, [*modules, shown], policy().documents, "sealwright.values.all", document)
