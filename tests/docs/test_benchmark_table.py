"""The table of benchmarks: what a row states of its runs, and that a case measured alone replaces its own rows only."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.benchmarks import peers, row, table
from tests.benchmarks.measure import Measured, alternating, other_load, run, times
from tests.benchmarks.peers import Peer
from tests.benchmarks.row import Aim, Row, Sample, Side, alone, compared

OLD = [Row("locks of soar, 76 of them", "0.4 s", "1 s"), Row("start of 27 scripts", "180 ms", "150 ms")]
OURS = Peer("sealwright", "0.1")
OTHER = Peer("cosign", "3.1.2", "/bin/cosign")


def ratio(ours: Sample, theirs: Sample, aim: Aim) -> tuple[str, str]:
    [shown] = compared("work", Side(OURS, "", ours), [Side(OTHER, "", theirs)], aim)
    return shown.ratio, shown.aim


def test_rows_are_replaced_by_name_whatever_numbers_are_in_it() -> None:
    new = [Row("start of 31 scripts", "140 ms", "150 ms"), Row("double build", "9 s", "1.2 times")]
    assert table.merged(OLD, []) == OLD
    assert table.merged(OLD, new) == [OLD[0], *new]


def test_a_case_replaces_the_rows_of_all_its_peers() -> None:
    old = [Row("verify 200 files", "1 s", "", peer) for peer in ("cosign 3", "sigstore 4", "slsa 1")]
    new = [Row("verify 200 files", "2 s", "", peer) for peer in ("cosign 4", "sigstore 4")]
    assert table.merged([OLD[0], *old, OLD[1]], new) == [OLD[0], *new, OLD[1]]


def test_a_page_is_read_back_as_it_was_written() -> None:
    head = table.heading(OURS, [OTHER, Peer("syft")], date(2026, 11, 29))
    page = f"# Benchmarks\n\n{table.EVERY.start}{table.EVERY.end}\n\n{table.LONG.start}{table.LONG.end}\ntail\n"
    page = table.EVERY.replaced(page, f"{head}\n{table.summary(OLD)}\n{table.render(OLD)}")
    page = table.LONG.replaced(page, f"{head}\n{table.render(OLD[:1])}")
    assert table.recorded(page, table.EVERY) == (head, OLD)
    assert table.recorded(page, table.LONG) == (head, OLD[:1])
    assert (page[:13], page[-20:]) == ("# Benchmarks\n", f"{table.LONG.end}\ntail\n"[-20:])
    assert re.search(r"sealwright 0\.1 on .*cosign 3\.1\.2, no syft\.", head)


def test_the_summary_counts_each_aim_once_and_names_those_that_are_not_met() -> None:
    rows = [
        Row("verify", "1 s", "2 s: met; 0.5 s: missed", "cosign"),
        Row("verify", "1 s", "2 s: met; 0.5 s: missed", "sigstore"),
        Row("sign", "3 s", "3 s: too noisy"),
        Row("start", "1 ms", "none"),
        Row("report", "not measured", "1 s; 100 ms"),
    ]
    assert table.summary(rows) == (
        "3 aims: 1 met, 1 missed, 1 too noisy.\n\n- missed: verify: 1 s; aim 0.5 s\n- too noisy: sign: 3 s; aim 3 s\n"
    )
    assert table.summary(rows[-2:]) == ""


def test_a_page_without_a_table_has_no_rows_and_other_columns_are_refused() -> None:
    assert table.recorded("# Benchmarks\n", table.EVERY).rows == []
    page = f"{table.EVERY.start}\n| what | seen |\n|---|---|\n| a | b |\n{table.EVERY.end}"
    with pytest.raises(SystemExit, match="other columns"):
        table.recorded(page, table.EVERY)


@pytest.mark.parametrize(
    ("ours", "theirs", "aim", "expected"),
    [
        ((1, 1.1, 1.2), (8, 8.4, 9), 5, ("7.6 times (6.7-9.0)", "5 times: met")),
        ((1, 1.1, 1.2), (8, 8.4, 9), 7, ("7.6 times (6.7-9.0)", "7 times: too noisy")),
        ((1, 1.1, 1.2), (8, 8.4, 9), 20, ("7.6 times (6.7-9.0)", "20 times: missed")),
        ((1, 1.1, 1.6), (1.5, 1.7, 1.9), 1, ("too noisy (0.94-1.90 times)", "1 times: too noisy")),
        ((1,), (8, 9), 5, ("8.5 times (one run: spread unknown)", "5 times: met")),
    ],
)
def test_a_ratio_that_the_spread_hides_is_too_noisy(
    ours: tuple[float, ...], theirs: tuple[float, ...], aim: float, expected: tuple[str, str]
) -> None:
    shown, answer = ratio(Sample(ours), Sample(theirs), Aim(times=aim))
    assert (shown, answer) == expected


def test_an_aim_in_seconds_or_more_is_met_missed_or_within_the_spread() -> None:
    assert alone("a", Sample((1.0, 1.2), 90), Aim(most=1.5, megabytes=80)).aim == "1.5 s: met; 80 MB: missed"
    assert alone("a", Sample((1.0, 1.2)), Aim(most=1.1)).aim == "1.1 s: too noisy"
    assert alone("a", Sample((0.05, 0.06)), Aim(most=0.08)).aim == "80 ms: met"
    assert alone("a", Sample((181, 200), unit="a second"), Aim(least=250)).aim == "250 a second: missed"
    assert alone("a", Sample((1.0,))).aim == "none"


def test_figures_have_their_spread_and_the_digits_that_they_deserve() -> None:
    assert str(Sample((0.4, 0.47, 0.5), 73.4)) == "0.47 s (0.40-0.50), 73 MB"
    assert str(Sample((0.012, 0.0131, 0.02))) == "13.1 ms (12.0-20.0)"
    assert str(Sample((39.31,))) == "39.3 s"
    assert str(Sample((181.2, 190.9, 170.4), unit="a second")) == "181 a second (170-191)"


def test_a_row_states_versions_work_and_runs_of_both_sides() -> None:
    own, theirs = (
        Side(OURS, "one process", Sample((1.0, 1.1))),
        Side(OTHER, "a process a file", Sample((8.0, 9.0, 9.5))),
    )
    with_peer, without = compared("verify", own, [theirs, Peer("syft", install="go install s@v1")], Aim(times=2))
    assert with_peer == (
        "verify",
        "one process: 1.05 s (1.00-1.10)",
        "2 times: met",
        "cosign 3.1.2, a process a file: 9.00 s (8.00-9.50)",
        "8.6 times (7.3-9.5)",
        "2 and 3",
    )
    assert (without.peer, without.ratio) == ("syft: not installed (`go install s@v1`)", "not measured")
    assert without.aim == "2 times"


def test_sides_take_turns_and_long_ones_run_less_often() -> None:
    order: list[str] = []

    def side(name: str, seconds: float) -> Callable[[], Measured]:
        def once() -> Measured:
            order.append(name)
            return Measured(seconds, 10.0)

        return once

    seen = alternating({"ours": side("o", 0.5), "theirs": side("t", 4)}, warm=False)
    assert "".join(order) == "otototoo"
    assert [len(sample.values) for sample in seen.values()] == [5, 3]
    assert [times(seconds) for seconds in (0.2, 3, 30, 90)] == [5, 3, 2, 1]


def test_a_command_has_its_own_memory_exit_code_and_output(tmp_path: Path) -> None:
    ballast = bytearray(60_000_000)
    seen = run([sys.executable, "-Ic", "pass"], cwd=tmp_path)
    assert 1 < seen.peak_mb < 40 < len(ballast) / 1_000_000
    assert 0 < seen.seconds < 10
    assert run([sys.executable, "-Ic", "raise SystemExit(4)"], cwd=tmp_path, expected=(4,)).seconds > 0
    with pytest.raises(RuntimeError, match=r"ended with 3:\nfailed"):
        run([sys.executable, "-Ic", "print('failed'); raise SystemExit(3)"], cwd=tmp_path)
    with pytest.raises(RuntimeError, match="ended with"):
        run(["no-such-program"], cwd=tmp_path)


def test_load_is_what_others_did(tmp_path: Path) -> None:
    with other_load() as load:
        run([sys.executable, "-Ic", "sum(range(10**6))"], cwd=tmp_path)
    assert str(load) == "load unknown" or re.fullmatch(r"others \d+ %", str(load))


def test_a_tool_is_found_with_the_version_that_go_built_into_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("GOBIN", str(tmp_path))
    assert peers.find("syft") == ("syft", "", "", f"go install {peers.WITH_GO['syft']}")
    program = tmp_path / "syft"
    program.write_bytes(b"\x7fELF\npath\tgithub.com/x\nmod\tgithub.com/x\tv1.57.1\th1:abc=\n")
    program.chmod(0o755)
    assert peers.find("syft").version == "1.57.1"
    program.write_text("#!/bin/sh\necho syft version: 1.9.0\n")
    assert peers.find("syft").version == "1.9.0"
    assert peers.find("uv").version


def test_every_row_type_is_one(repository: Path) -> None:
    """The old name of the row, in the module of the first cases, is the same type."""
    from tests.benchmarks import spine

    assert spine.Row is row.Row
