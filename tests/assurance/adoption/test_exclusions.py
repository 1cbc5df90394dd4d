"""Which folders adoption proposes to leave out."""

from __future__ import annotations

from datetime import date

from ops.supply_chain.assurance.adoption.config_text import config_text, exclusions_text
from ops.supply_chain.assurance.adoption.exclusions import folders_to_exclude
from ops.supply_chain.assurance.policy.consent import accept
from ops.supply_chain.assurance.policy.settings import ProjectEffects, weakened_settings
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
    block = text[text.index("#[[locks.exclude]]") :].partition("\n\n")[0]
    config = parse_config(text.replace(block, block.replace("\n#", "\n").removeprefix("#")))
    assert config.locks.exclusions == found.excludable
    assert "locks.exclude]]" not in config_text(survey())


def test_the_consent_is_in_the_same_block_and_accepts_what_it_excludes() -> None:
    found = survey(excludable=folders_to_exclude(PATHS), today=date(2026, 11, 29))
    block = exclusions_text(found.excludable, found.today)
    config = parse_config("\n".join(line.removeprefix("#") for line in block.splitlines() if not line.startswith("# ")))
    weakened = weakened_settings(config, ProjectEffects(excluded=config.locks.excluded))
    [accepted] = accept(weakened, config.policy.weakened, found.today)
    assert (accepted.setting, accepted.until) == ("locks.exclude", "2027-05-28")
    assert accepted.reason.startswith("documentation, which is not shipped; examples")
