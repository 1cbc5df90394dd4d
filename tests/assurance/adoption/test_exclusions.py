"""Which folders adoption proposes to leave out."""

from __future__ import annotations

from ops.supply_chain.assurance.adoption.config_text import config_text
from ops.supply_chain.assurance.adoption.exclusions import folders_to_exclude
from ops.supply_chain.contracts.config.file import parse_config
from tests.assurance.adoption.world import survey

PATHS = [
    "examples/a/requirements.txt",
    "docs/pyproject.toml",
    "src/docs/x.py",
    "tests/requirements.txt",
    "tests/fixtures/p/uv.lock",
    "tests/unit/data/q/uv.lock",
    "example.py",
    "we*ird/fixtures/uv.lock",
]


def test_examples_documentation_and_fixtures_are_proposed_and_nothing_else() -> None:
    assert [(entry.path, entry.reason) for entry in folders_to_exclude(PATHS)] == [
        ("docs/**", "documentation, which is not shipped"),
        ("examples/**", "examples, which are not shipped"),
        ("tests/fixtures/**", "fixtures of tests"),
        ("tests/unit/data/**", "data of tests"),
    ]
    assert [entry.path for entry in folders_to_exclude(PATHS, members=["./examples/*"])][:2] == [
        "docs/**",
        "tests/fixtures/**",
    ]


def test_the_proposal_is_a_comment_that_becomes_the_setting() -> None:
    found = survey(excludable=folders_to_exclude(PATHS))
    text = config_text(found)
    assert parse_config(text).locks.exclude == ()
    [line] = [line for line in text.splitlines() if line.startswith("#exclude = ")]
    config = parse_config(text.replace(line, line.removeprefix("#")))
    assert config.locks.exclusions == found.excludable
    assert "#exclude" not in config_text(survey())
