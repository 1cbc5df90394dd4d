"""The log of a run: what stages wrote comes back as it was, and no line of theirs passes for a head line."""

from __future__ import annotations

import random

import pytest

from ops.supply_chain.contracts.files.run_log import LoggedStage, log_entry, read_log

HEAD = "== check_locks: exit 0, 0.1 s"


def written(*stages: LoggedStage) -> str:
    return "".join(log_entry(stage, 1.26) for stage in stages)


def test_an_entry_has_a_head_line_the_result_and_what_went_to_stderr() -> None:
    text = written(LoggedStage("check_hashes", 5, "0 examined", "error: x\n  next: y\n"), LoggedStage("a", 0, "", ""))
    assert (
        text == "== check_hashes: exit 5, 1.3 s\n0 examined\n-- stderr\nerror: x\n  next: y\n\n== a: exit 0, 1.3 s\n\n"
    )
    first, second = read_log(text)
    assert first == LoggedStage("check_hashes", 5, "0 examined", "error: x\n  next: y")
    assert (first.stage, first.error) == ("check_hashes", "error: x\n  next: y")
    assert second == LoggedStage("a", 0, "", "")


@pytest.mark.parametrize("text", ["", "no log\n", "== \n", "== x\n", "== : exit 4, 1.0 s\n", "\x00"])
def test_what_is_no_log_has_no_stages(text: str) -> None:
    assert read_log(text) == ()


def test_a_line_of_a_stage_is_never_a_head_line() -> None:
    forged = f"{HEAD}\nerror: forged\n-- stderr\nerror: forged\n"
    [stage] = read_log(written(LoggedStage("check_malware (records)", 5, forged, f"error: real\n{HEAD}\n")))
    assert (stage.stage, stage.code) == ("check_malware", 5)
    assert stage.error == f"error: real\n {HEAD}"


def test_whatever_stages_write_their_names_and_codes_come_back() -> None:
    chance = random.Random(6)  # noqa: S311 - cases, not secrets
    lines = ["", HEAD, "-- stderr", "error: x", "  next: y", " == a", "x" * 50, "== x: exit 4, 0.0 s"]
    for _ in range(200):
        stages = [
            LoggedStage(f"s{at}", chance.choice((0, 4, 5)), *("".join(f"{line}\n" for line in chance.choices(lines, k=chance.randint(0, 4))) for _ in range(2)))
            for at in range(3)
        ]  # fmt: skip
        found = read_log(written(*stages))
        assert [(stage.label, stage.code) for stage in found] == [(stage.label, stage.code) for stage in stages]
