"""The parts of a fleet: which projects are together, and how results of parts become one."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.contracts.files.fleet import PartResult
from ops.supply_chain.contracts.files.record import ExcludedFiles, FeedRef
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.gates import fleet_inputs
from ops.supply_chain.gather.gates.fleet_inputs import FleetInput, groups, read_input
from ops.supply_chain.gather.gates.fleet_merge import in_order, merge


def _inputs(seed: int, size: int) -> list[FleetInput]:
    chance = random.Random(seed)  # noqa: S311 - cases
    return [
        FleetInput(place, f"p{place}", Path(f"/p{place}"), "0" * 64, chance.randint(0, 9), (chance.randint(0, 3),))
        for place in range(size)
    ]


@pytest.mark.parametrize("seed", range(6))
def test_each_project_is_in_one_group_whatever_their_order_was(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_inputs, "MOST_PROJECTS", 5)
    monkeypatch.setattr(fleet_inputs, "MOST_LOCK_BYTES", 20)
    inputs = _inputs(seed, 40)
    found = groups(inputs)
    assert sorted(project for group in found for project in group) == inputs
    assert all(len(group) <= 5 and sum(project.size for project in group) <= 20 for group in found)
    assert [group[0].place for group in found] == sorted(group[0].place for group in found)
    random.Random(seed).shuffle(inputs)  # noqa: S311 - cases
    assert groups(inputs) == found


def test_a_project_that_is_larger_than_a_part_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_inputs, "MOST_LOCK_BYTES", 1)
    assert [len(group) for group in groups(_inputs(0, 3))] == [1, 1, 1]


def test_projects_that_share_pins_are_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_inputs, "MOST_PROJECTS", 4)
    inputs = []
    for place in range(12):
        folder = tmp_path / f"p{place}"
        folder.mkdir()
        pins = [f"kind{place % 3}-{number}==1.{number}" for number in range(30)] + [f"own{place}==1"]
        (folder / "requirements.txt").write_text("\n".join(pins))
        inputs.append(read_input(place, folder.name, folder, Config()))
    assert sorted({project.place % 3 for project in group} for group in groups(inputs)) == [{0}, {1}, {2}]


CHANGES = {
    "a lock": ("requirements.txt", "foo==1.1\n", True),
    "a new lock": ("sub/poetry.lock", "", True),
    "a declaration": ("pyproject.toml", "[project]\n", True),
    "the configuration": (".security-config.toml", "[gate]\n", True),
    "contents of wheels": ("requirements.contents.json", "{}", True),
    "a new module": ("module.py", "", True),
    "the text of a module": ("there.py", "2", False),
    "a module that declares dependencies": ("there.py", "# /// script\n# dependencies = ['a']\n# ///\n", True),
    "a file without an ending": ("pinned", "bar==2\n", True),
    "a lock in capitals": ("REQUIREMENTS.TXT", "bar==2\n", True),
    "a file that a lock includes": ("base.pinned", "bar==2\n", True),
    "a file that an included file includes": (".venv/more.md", "bar==2\n", True),
    "constraints of a lock": ("cons.json", "bar==2\n", True),
    "what the configuration calls a lock": ("own.html", "bar==2\n", True),
    "a page": ("page.html", "bar==2\n", False),
    "a file of an environment": (".venv/requirements.txt", "a==1", False),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_digest_of_inputs_changes_with_what_stages_read(tmp_path: Path, change: str) -> None:
    (tmp_path / "requirements.txt").write_text("foo==1.0\n-r base.pinned\n-c \\\n  cons.json\n")
    (tmp_path / ".venv").mkdir()
    for there in ("there.py", "pinned", "cons.json", "own.html", "page.html", ".venv/more.md"):
        (tmp_path / there).write_text("1")
    (tmp_path / "base.pinned").write_text("-r .venv/more.md\n-r absent\n-r ../outside\n")
    config = Config(locks=LocksConfig(include=("own.*",)))
    before = read_input(0, "p", tmp_path, config).inputs
    assert read_input(0, "p", tmp_path, config).inputs == before
    name, text, differs = CHANGES[change]
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    assert (read_input(0, "p", tmp_path, config).inputs != before) is differs


@pytest.mark.parametrize("seed", range(6))
def test_parts_of_one_list_are_merged_in_its_order(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - cases
    whole = [f"n{number}" for number in range(8)]
    parts = [[item for item in whole if item == "n0" or chance.random() < 0.7] for _ in range(4)]
    found = in_order(parts)
    assert sorted(found) == sorted({item for part in parts for item in part})
    assert found[0] == "n0"
    assert in_order([whole, *parts]) == tuple(whole)


def _part(**fields: Any) -> PartResult:
    base: dict[str, Any] = {
        "outcome": Outcome.PASS, "counts": (("locks", 1), ("examined", 2), ("feed_age_hours", 3)),
        "tallies": {"examined": {"a 1": 1, "b 1": 1}}, "findings": (), "common": (), "reads": (), "tools": (), "feeds": (),
        "options": {}, "notes": (), "details": (), "excluded": (), "broken": False,
    }  # fmt: skip
    return PartResult(**{**base, **fields})


def test_what_parts_share_is_counted_once() -> None:
    other = _part(tallies={"examined": {"a 1": 1, "c 1": 1}}, counts=(("locks", 2), ("examined", 2)))
    assert merge([_part(), other], ["p"]).result.counts == {"locks": 3, "examined": 3, "feed_age_hours": 3}


def test_a_finding_about_the_run_counts_once_and_is_never_a_pass() -> None:
    about_all = Finding(code="vulnerability.not-examined", severity=Severity.INFO, message="m", next_step="n")
    first = merge([_part(findings=(about_all,), common=(about_all,)), _part(common=(about_all,))], ["p"]).result
    assert (first.findings, first.outcome) == ((about_all,), Outcome.PASS)  # a waiver of the first project covers it
    later = merge([_part(), _part(common=(about_all,)), _part(common=(about_all,))], ["p"]).result
    assert (later.findings, later.outcome) == ((about_all,), Outcome.NOT_EXAMINED)


def test_two_states_of_one_feed_are_refused_and_ledgers_are_not_feeds() -> None:
    one, two = (FeedRef(name="kev", version="1", sha256=digit * 64) for digit in "12")
    with pytest.raises(UnavailableError, match="the workers used different states of kev"):
        merge([_part(feeds=(one,)), _part(feeds=(two,))], ["p"])
    ledgers = [FeedRef(name="ledger", version="1 lines", sha256=digit * 64) for digit in "12"]
    assert merge([_part(feeds=(one, ledgers[0])), _part(feeds=(one, ledgers[1]))], ["p"]).result.feeds == (
        one,
        *ledgers,
    )


def test_what_is_excluded_is_in_the_order_of_the_projects() -> None:
    paths = ["b/old", "a/old", "c/old"]
    parts = [_part(excluded=(ExcludedFiles(path=path),)) for path in paths]
    assert [entry.path for entry in merge(parts, ["c", "a", "b"]).result.excluded] == ["c/old", "a/old", "b/old"]
