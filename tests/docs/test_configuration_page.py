"""The configuration page: an example for each table that the readers accept, and all values of each enumeration."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from ops.supply_chain.assurance.policy.consent import entry_problem
from ops.supply_chain.contracts.config.allowed_values import allowed_at
from ops.supply_chain.contracts.config.file import Config, parse_config
from ops.supply_chain.core.moments import parse_timestamp
from ops.supply_chain.risk.waivers.parse import parse_waivers
from ops.supply_chain.trust.identities.check import checked
from tests.docs.configuration_examples import EXAMPLES, PROFILES, TEXT_VALUES, examples, headings

ONLY_ENTRIES = "[controls]"
"""A table without keys of its own: its entries have the examples."""

HEADINGS = [heading for heading, _ in headings() if heading != ONLY_ENTRIES]


def test_each_table_has_one_example_and_nothing_else_has() -> None:
    assert list(examples()) == ["", *HEADINGS]
    assert len(set(HEADINGS)) == len(HEADINGS)


@pytest.mark.parametrize("heading", ["", *HEADINGS])
def test_an_example_is_a_configuration_and_sets_a_key_of_its_table(heading: str) -> None:
    entry = f"[[{heading.strip('[]').rpartition('.')[0]}]]"  # an entry below an entry is written below it
    text = examples().get(entry, "") + examples()[heading]
    parse_config(text)
    table = tomllib.loads(text)
    for word in heading.strip("[]").split(".") if heading else []:
        table = table[word][0] if isinstance(table[word], list) else table[word]
    assert len(table) >= 1


def test_the_whole_file_is_a_configuration_that_every_reader_accepts() -> None:
    config = parse_config(EXAMPLES.read_text(encoding="utf-8"))
    assert checked(config.signing.identities) == config.signing.identities
    assert parse_waivers(config)[1] == ()
    day = parse_timestamp("2026-11-29T00:00:00Z", where="test").date()
    assert [entry_problem(entry, day) for entry in config.policy.weakened] == [""]
    assert set(config.policy.profiles) <= set(PROFILES)


def _keys(kind: type[msgspec.Struct], name: str) -> list[str]:
    return [f"{name}.{field.encode_name}".lstrip(".") for field in msgspec.structs.fields(kind)]


def test_the_page_lists_every_value_of_every_key_that_has_a_few(repository: Path) -> None:
    page = (repository / "docs" / "configuration.md").read_text(encoding="utf-8")
    sections = {part.partition("`\n")[0]: part for part in re.split(r"^## `", page, flags=re.MULTILINE)}
    seen = 0
    for heading, kind in headings():
        for field in msgspec.structs.fields(kind):
            path = f"{heading.strip('[]')}.{field.encode_name}"
            place = f"$.{path.rpartition('.')[0]}{'[0]' if heading.startswith('[[') else ''}.{field.encode_name}"
            values = [value.strip('"') for value in allowed_at(Config, place)]
            values += [value.strip('"') for value in allowed_at(Config, f"{place}[0]")]
            values += TEXT_VALUES.get(path, ())
            row = next(line for line in sections[heading].splitlines() if line.startswith(f"| `{field.encode_name}` |"))
            if set(values) <= {"true", "false"}:
                continue
            seen += 1
            assert [value for value in values if f"`{value}`" not in row] == [], path
    assert seen >= 25


def test_keys_whose_values_are_listed_here_exist() -> None:
    keys = {key for heading, kind in headings() for key in _keys(kind, heading.strip("[]"))}
    assert set(TEXT_VALUES) <= keys
