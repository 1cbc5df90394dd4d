"""The one screen: never more than its lines, never a command that is cut, no name in a public log."""

from __future__ import annotations

import msgspec
import pytest

from ops.supply_chain.contracts.values.cause import CauseKind, Mark, RootCause
from ops.supply_chain.contracts.values.exploitation import Exploitation, Listing
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.risk.findings.render.screen import (
    MOST_LINES,
    WIDTH,
    Screen,
    examined_of,
    mark_of,
    public_line,
    screen_lines,
)
from tests.risk.findings.test_causes import record

COMMAND = "nox -s lock -- --project /a/rather/long/path/to/a/project/of/a/user --upgrade-package soupsieve"


def cause(
    number: int = 0, *, step: str = f"Move it to 2.0 or later: {COMMAND}", denials: int = 1, **more: object
) -> RootCause:
    facts: dict[str, object] = {
        "kind": CauseKind.CHANGED,
        "title": f"package-{number} " + "is not what it was " * 20,
        "severity": Severity.HIGH,
        "locations": ("f/requirements.txt:40",),
        "places": 6,
    }
    return RootCause(findings=(), stages=(), denials=denials, steps=(step,), **{**facts, **more})  # type: ignore[arg-type]


def text(*causes: RootCause, **more: object) -> list[str]:
    facts: dict[str, object] = {"word": "REFUSED", "mark": Mark.DENIES, "subject": "demo 1", "summary": "s"}
    screen = Screen(causes=tuple((mark_of(each), each) for each in causes), **{**facts, **more})  # type: ignore[arg-type]
    return [line.text for line in screen_lines(screen)]


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 40])
def test_the_screen_fits_whatever_there_is(count: int) -> None:
    gates = tuple(f"gate-{number} 10/10" for number in range(9))
    lines = text(
        *map(cause, range(count)),
        examined=gates,
        waived="w " * 60,
        made=(("made", "a"), ("log", "b"), ("report", "c")),
        following="n " * 60,
    )
    assert len(lines) <= MOST_LINES
    assert all(len(line) <= WIDTH or COMMAND in line for line in lines)
    shown = [line for line in lines if line.startswith("x ")]
    left = count - len(shown) if count else 0
    noted = [line for line in lines if "more cause" in line]
    deny = "denies" if left == 1 else "deny"
    plural = "" if left == 1 else "s"
    assert noted == ([f"     and {left} more cause{plural} ({left} of them {deny}): see the report"] if left else [])


def test_a_command_stays_on_one_line() -> None:
    lines = text(cause(step=f"Review who publishes it; if it is right, run {COMMAND} and commit the result."))
    assert f"     {COMMAND} and" in lines or f"     {COMMAND}" in lines
    assert any(COMMAND in line for line in text(following=f"deal with 1, then: {COMMAND}"))
    here = f"uvx --from /srv/{'x' * 60}.whl sealwright adopt . --write"  # a folder called "." ends no sentence
    assert any(here in line for line in text(following=f"write the files: {here}"))


def test_a_cause_has_its_mark_its_place_and_its_step() -> None:
    short = cause(title="soup 1  CVE-1", step="Move it.")
    noted = cause(title="first run", step="Record it.", denials=0, severity=Severity.INFO, locations=(), places=0)
    unknown = cause(title="the index is down", step="Wait.", denials=0, kind=CauseKind.NOT_EXAMINED, places=1)
    assert text(short, noted, unknown) == [
        "REFUSED  demo 1   s",
        "x 1  soup 1  CVE-1  high",
        "     f/requirements.txt:40 and 5 more places",
        "     Move it.",
        "! 2  first run",
        "     Record it.",
        "? 3  the index is down  high",
        "     f/requirements.txt:40",
        "     Wait.",
    ]


def test_a_list_of_names_that_is_not_complete_is_left_out() -> None:
    lines = text(cause(title="3 of 3 pins (a 1, b 2 and 1 more): down", severity=Severity.INFO))
    assert lines[1] == "x 1  3 of 3 pins: down"


def test_a_public_log_gets_counts_only() -> None:
    screen = Screen(
        word="REFUSED",
        mark=Mark.DENIES,
        subject="secret 1",
        summary="secret",
        causes=((Mark.DENIES, cause()), (Mark.NOTE, cause(severity=Severity.INFO))),
        made=(("made", "secret"),),
        following="secret",
    )
    assert public_line(screen) == "REFUSED: 2 causes (1 high, 1 info)"


def test_gates_are_counted_as_their_records_do() -> None:
    import msgspec

    counted = msgspec.structs.replace(record("check_hashes"), counts={"examined": 3, "locked": 4})
    assert examined_of([record("generate_sbom"), record("check_locks"), counted]) == ("hashes 3/4",)


def test_a_sentence_is_on_the_screen_once() -> None:
    network, wait = "Check the network, then run again.", "Or wait."
    causes = [cause(number, step=step) for number, step in enumerate((network, f"{network} {wait}", network))]
    lines = text(*causes)
    assert sum(network in line for line in lines) == 1
    assert lines.count(f"     {wait}") == 1
    assert lines.count("     As for 1.") == 1
    block = "Add this. Then sign:\n[[signing.identities]]\nissuer = 'a'"
    assert text(cause(1, step=block))[-2:] == ["     [[signing.identities]]", "     issuer = 'a'"]


def test_a_long_name_leaves_the_summary_to_the_next_line() -> None:
    lines = text(subject="demo 1", summary="s " * 30)
    assert lines == [f"REFUSED  demo 1   {'s ' * 30}".rstrip()]
    assert text(subject="d" * 40, summary="s " * 20) == [f"REFUSED  {'d' * 40}", f"     {'s ' * 20}".rstrip()]


def test_causes_that_fit_without_a_count_of_others_are_all_shown() -> None:
    made = tuple((f"made{number}", "a") for number in range(16))
    causes = [cause(n, title="t " * 60, step=f"{n} {'w' * 80}", locations=(), places=0) for n in range(4)]
    lines = text(*causes, made=made[:4])
    assert not any("more cause" in line for line in lines)
    for count in range(len(made) + 1):
        lines = text(*causes, made=made[:count])
        assert len(lines) <= MOST_LINES
        left = 4 - sum(line.startswith("x ") for line in lines)
        assert sum("more cause" in line for line in lines) == (left > 0)


@pytest.mark.parametrize(
    ("made", "where"),
    [((("log", "l"), ("report", "r")), "see the report"), ((("log", "l"),), "see the log"), ((), "see what is above")],
)
def test_where_the_others_are_is_where_something_is(made: tuple[tuple[str, str], ...], where: str) -> None:
    assert next(line for line in text(*map(cause, range(9)), made=made) if "more cause" in line).endswith(where)


def test_what_is_exploited_is_never_cut() -> None:
    listed = Exploitation(listing=Listing.LISTED, exploited="2026-05-01", cve="CVE-1")
    found = Finding(
        code="vulnerability.known", severity=Severity.LOW, message="m", next_step="Move it.", exploitation=listed
    )
    names = ", ".join(f"CVE-2026-{number}" for number in range(1000, 1030))
    short = cause(title="soup 1  CVE-1", kind=CauseKind.VULNERABILITY, step="Move it.")
    for title in ("soup 1  CVE-1", f"soup 1  {names}"):
        lines = text(msgspec.structs.replace(short, title=title, findings=(found,)))
        assert any(line.endswith("  exploited since 2026-05-01 (KEV)  high") for line in lines)
        assert all(len(line) <= WIDTH for line in lines)
