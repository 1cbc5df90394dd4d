"""The engine: whatever goes wrong in a rule, or in the engine itself, denies and is named."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.rego import engine as rego
from ops.supply_chain.adapters.rego import native_output
from ops.supply_chain.adapters.rego.rule_files import Policy, load_policy
from ops.supply_chain.contracts.files.verdict import RuleVerdict
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.outcome import Outcome

HEAD = """\
# METADATA
# title: {name}
# description: What it means.
# custom:
#   fix: Do this.{more}
package sealwright.own.{name}

import rego.v1

"""


def write(folder: Path, name: str, body: str, *, unknown: bool = False) -> None:
    """Write one rule of the profile `own`."""
    more = "\n#   unknown: allowed" if unknown else ""
    (folder / "own").mkdir(parents=True, exist_ok=True)
    (folder / "own" / f"{name}.rego").write_text(HEAD.format(name=name, more=more) + body)


def load(folder: Path) -> Policy:
    return load_policy([("policy:", folder)], ["own"], {})


def verdicts(folder: Path, document: dict[str, Any] | None = None) -> dict[str, RuleVerdict]:
    return {one.code: one for one in rego.evaluate(load(folder), document or {"n": 1, "list": []})}


NEED = '{"holds": true, "unseen": false, "reads": [], "message": "m", "subject": "s"}'
UNSEEN = f'\nunseen := object.union({NEED}, {{"holds": false, "unseen": true, "message": "u"}})\n'
NOT_A_NEED = "a need has not exactly 'holds', 'unseen', 'reads', 'message' and 'subject'"

UNDECIDED = {
    "nothing": ("other := 1", "it yields neither 'pass' nor 'deny'"),
    "an empty package": ("", "it yields neither 'pass' nor 'deny'"),
    "an undefined field": ("deny contains 1 if input.nothing.at.all", "it yields neither 'pass' nor 'deny'"),
    "a mistyped name": ("pass if inptu.n == 1", "it yields neither 'pass' nor 'deny'"),
    "a false pass": ("pass := false", "it yields neither 'pass' nor 'deny'"),
    "an empty deny": ("deny := []", "it yields neither 'pass' nor 'deny'"),
    "both": ('pass := true\n\ndeny := [{"message": "m", "subject": "s"}]', "it yields both 'pass' and 'deny'"),
    "two values": ("pass := true\n\npass := false", "the engine ended in an error"),
    "a built-in that fails": ('pass if to_number("x") > 1', "the engine ended in an error"),
    "a pass of text": ('pass := "yes"', "its 'pass' is neither true nor an object with 'examined'"),
    "a pass of a number": ("pass := 1", "its 'pass' is neither true nor an object with 'examined'"),
    "a pass with another field": (
        'pass := {"examined": 1, "more": 1}',
        "its 'pass' is neither true nor an object with 'examined'",
    ),
    "a pass of less than nothing": (
        'pass := {"examined": -1}',
        "its 'pass' is neither true nor an object with 'examined'",
    ),
    "a pass of a truth": (
        'pass := {"examined": true}',
        "its 'pass' is neither true nor an object with 'examined'",
    ),
    "deny of a text": ('deny := "no"', "its entries are not in a set or an array"),
    "deny of texts": ('deny contains "no"', "an entry has not exactly 'message' and 'subject'"),
    "an entry without a subject": (
        'deny contains {"message": "m"}',
        "an entry has not exactly 'message' and 'subject'",
    ),
    "an entry with a blank subject": (
        'deny contains {"message": "m", "subject": " "}',
        "an entry's 'message' or 'subject' is not a text",
    ),
    "unknown that is not allowed": (
        'unknown contains {"message": "m", "subject": "s"}\n\npass := true',
        "it yields 'unknown', which its metadata does not allow",
    ),
    "no needs": ("needs := []", "its 'needs' is not an array with entries"),
    "needs that are an object": (f"needs := {NEED}", "its 'needs' is not an array with entries"),
    "needs that are not true": ("needs := [true]", NOT_A_NEED),
    "a need without a subject": (f'needs := [object.remove({NEED}, ["subject"])]', NOT_A_NEED),
    "a need with another field": (f'needs := [object.union({NEED}, {{"more": 1}})]', NOT_A_NEED),
    "a need that holds by a text": (
        f'needs := [object.union({NEED}, {{"holds": "yes"}})]',
        "a need's 'holds' or 'unseen' is neither true nor false",
    ),
    "a need that is unseen by a number": (
        f'needs := [object.union({NEED}, {{"unseen": 0}})]',
        "a need's 'holds' or 'unseen' is neither true nor false",
    ),
    "a need that is undefined": (
        f'needs := [object.union({NEED}, {{"holds": input.nothing == 1}})]',
        "it yields neither 'pass' nor 'deny'",
    ),
    "needs and a pass": (f"needs := [{NEED}]\n\npass := true", "it yields 'needs' beside 'pass', 'deny' or 'unknown'"),
    "a need without a message": (
        f'needs := [object.union({NEED}, {{"holds": false, "message": " "}})]',
        "an entry's 'message' or 'subject' is not a text",
    ),
    "an unknown built-in": ("pass if nothing.like_this(1)", "the engine failed: JSONDecodeError"),
    "a rule that needs itself": ("pass if not other\n\nother if not pass", "the engine failed: JSONDecodeError"),
    "what ends the process": (
        'pass if {\n\tok with input as {"list": [1]}\n}\n\nok if count(input.list) == 1',
        "the engine ended by SIGABRT",
    ),
}


@pytest.mark.parametrize("name", UNDECIDED)
def test_a_rule_that_does_not_decide_denies_and_leaves_the_others_alone(name: str, tmp_path: Path) -> None:
    body, why = UNDECIDED[name]
    write(tmp_path, "a_good_one", "pass := true\n")
    write(tmp_path, "broken", body + "\n")
    write(tmp_path, "good", 'pass := {"examined": 3} if input.n == 1\n')
    found = verdicts(tmp_path)
    assert {code: one.outcome for code, one in found.items()} == {
        "own.a_good_one": Outcome.PASS,
        "own.broken": Outcome.FAIL,
        "own.good": Outcome.PASS,
    }
    [reason] = found["own.broken"].denials
    assert reason.message == f"the rule did not decide: {why}"
    assert reason.subject == "own.broken"
    assert reason.fix == (
        "The input lacks what the rule needs, or policy:own/broken.rego has a mistake: repair it there."
    )
    assert found["own.good"].examined == 3


def test_a_denial_has_what_its_rule_says(tmp_path: Path) -> None:
    write(tmp_path, "rule", 'deny contains {"message": "is bad", "subject": x} if some x in ["b", "a", "a"]\n')
    verdict = verdicts(tmp_path)["own.rule"]
    assert verdict.outcome is Outcome.FAIL
    assert [(one.subject, one.message, one.fix) for one in verdict.denials] == [
        ("a", "is bad", "Do this."),
        ("b", "is bad", "Do this."),
    ]


def test_unknown_alone_is_not_examined_and_beside_a_pass_a_report(tmp_path: Path) -> None:
    entry = 'unknown contains {"message": "m", "subject": "s"}\n'
    write(tmp_path, "alone", entry, unknown=True)
    write(tmp_path, "beside", f"pass := true\n\n{entry}", unknown=True)
    write(tmp_path, "worse", f'deny contains {{"message": "d", "subject": "s"}}\n\n{entry}', unknown=True)
    found = verdicts(tmp_path)
    outcomes = [found[f"own.{name}"].outcome for name in ("alone", "beside", "worse")]
    assert outcomes == [Outcome.NOT_EXAMINED, Outcome.PASS, Outcome.FAIL]
    assert all(len(one.unknowns) == 1 for one in found.values())


def test_an_outcome_follows_from_needs(tmp_path: Path) -> None:
    write(tmp_path, "good", f"needs := [{NEED}, {NEED}]\n")
    write(
        tmp_path,
        "bad",
        f'needs := [{NEED}, object.union({NEED}, {{"holds": false, "message": "d"}}), unseen]\n{UNSEEN}',
    )
    write(tmp_path, "left", f"needs := [{NEED}, unseen]\n{UNSEEN}")
    found = verdicts(tmp_path)
    outcomes = [found[f"own.{name}"].outcome for name in ("good", "bad", "left")]
    assert outcomes == [Outcome.PASS, Outcome.FAIL, Outcome.NOT_EXAMINED]
    assert found["own.good"].examined == 2
    assert [(reason.message, reason.subject, reason.fix) for reason in found["own.bad"].denials] == [
        ("d", "s", "Do this.")
    ]
    assert [reason.message for reason in found["own.left"].unknowns] == ["u"]
    assert found["own.bad"].unknowns == found["own.left"].unknowns


SYNTAX = {
    "pass := := true\n": "policy:own/broken.rego:10: is not valid Rego: Invalid assignment operator",
    "# a line\npass if {\n": "policy:own/broken.rego",
    "deny := []\n\ndeny contains 1\n": "policy:own/broken.rego: is not valid Rego: Invalid rule body for set rule",
}


@pytest.mark.parametrize("body", SYNTAX)
def test_a_rule_that_does_not_compile_is_named_with_its_line(body: str, tmp_path: Path) -> None:
    write(tmp_path, "good", "pass := true\n")
    write(tmp_path, "broken", body)
    with pytest.raises(InputError) as caught:
        verdicts(tmp_path)
    assert caught.value.message.startswith(SYNTAX[body])
    assert caught.value.hint == "Correct the rule; 'opa check --strict' on its folder says more."


def test_nothing_of_the_engine_reaches_stdout(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "broken", "pass := := true\n")
    with pytest.raises(InputError):
        rego.Engine(load(tmp_path))
    assert capfd.readouterr() == ("", "")


def test_a_number_that_the_engine_would_get_wrong_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "rule", "pass if input.n == 5\n")
    with pytest.raises(InputError) as caught:
        verdicts(tmp_path, {"n": 2**64 + 5})
    assert caught.value.message == (
        "the number 18446744073709551621 is too large for the policy engine (at most 9007199254740992)"
    )


TEXTS = [
    'x"}], "pass": {"examined": 1}, "a": [{"b": "',
    "back\\slash",
    "\t\n\r\x00\x1f",
    "é☃😀\u2028",
    "'`${}%s",
    "",
]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_text_comes_back_as_it_went_in(text: str, tmp_path: Path) -> None:
    write(tmp_path, "rule", 'deny := [{"message": concat("", ["<", input.text, ">"]), "subject": "s"}]\n')
    [reason] = verdicts(tmp_path, {"text": text})["own.rule"].denials
    assert reason.message == "<" + "".join(c if c.isprintable() else "?" for c in text) + ">"


def test_keys_are_texts_too(tmp_path: Path) -> None:
    write(tmp_path, "rule", 'deny contains {"message": value, "subject": key} if some key, value in input.map\n')
    [reason] = verdicts(tmp_path, {"map": {'a"b': "c"}})["own.rule"].denials
    assert (reason.subject, reason.message) == ('a"b', "c")


def test_a_lone_surrogate_and_a_long_text_are_survived(tmp_path: Path) -> None:
    write(tmp_path, "rule", "pass if not regex.match(`^[a-z]*$`, input.long)\n")
    found = verdicts(tmp_path, {"long": "a" * 500_000, "odd": "\ud800"})
    assert found["own.rule"].outcome is Outcome.PASS


def test_no_rules_give_no_verdicts(tmp_path: Path) -> None:
    assert rego.evaluate(load_policy([("policy:", tmp_path)], ["own"], {}), {}) == ()


PLAIN = [
    "text",
    "it is 3",
    "",
    "x" * 2000,
    7,
    2**53,
    -(2**53),
    1.5,
    True,
    None,
    ["a", {"b": "c"}],
    {"1234567890123456": 1},
]
ODD = ['"', "\\", "\n", "\x7f", "ä", "\ud800", "x" * 2001, {'a"': 1}, ["\x00"], {"a": {"b": ["\u2028"]}}]


def test_what_is_plain_is_handed_in_as_it_is() -> None:
    chance = random.Random(13)  # noqa: S311 - seeded
    for _ in range(300):
        value = {"list": chance.sample(PLAIN, 3) + chance.sample(ODD, chance.choice((0, 0, 1)))}
        mapped = rego._mapped(value, rego._escape)
        assert rego._escaped(value) == mapped
    assert sum(rego._escaped([odd]) != [odd] for odd in ODD) > 5
    for number in (2**53 + 1, -(2**60)):
        with pytest.raises(InputError, match="too large"):
            rego._escaped({"a": ["b", number]})


def test_rules_that_are_compiled_once_decide_as_those_that_are_compiled_each_time(tmp_path: Path) -> None:
    write(tmp_path, "a", 'pass if input.n == 1\n\ndeny := [{"message": "m", "subject": input.s}] if input.n == 2')
    write(tmp_path, "b", 'pass if to_number("x") > 1')
    compiled = rego.CompiledPolicy(load(tmp_path))
    for document in ({"n": 1}, {"n": 2, "s": 'a"b'}, {"n": 3}, {"n": 2, "s": "again"}):
        assert compiled.evaluate(document) == rego.evaluate(load(tmp_path), document)
    with pytest.raises(InputError, match="too large"):
        compiled.evaluate({"n": 2**60})


def test_a_child_that_ends_early_keeps_what_it_said() -> None:
    def work(send: native_output.Send) -> None:
        send(b"one")
        os.kill(os.getpid(), 9)

    assert native_output.in_child(work, seconds=30) == native_output.CapturedOutput([b"one"], "ended by SIGKILL")


def test_a_child_that_does_not_answer_is_ended() -> None:
    def work(send: native_output.Send) -> None:
        send(b"one")
        import time

        time.sleep(60)

    captured = native_output.in_child(work, seconds=0.2)
    assert captured == native_output.CapturedOutput([b"one"], "gave no answer in 0.2 seconds")


def test_a_child_that_falls_silent_is_ended_and_one_that_goes_on_is_not() -> None:
    import time

    def work(send: native_output.Send) -> None:
        for _ in range(6):
            send(b"on")
            time.sleep(0.05)
        time.sleep(60)

    captured = native_output.in_child(work, seconds=30, silent_seconds=0.25)
    assert captured == native_output.CapturedOutput([b"on"] * 6, "gave no answer in 0.25 seconds")


def test_the_memory_of_the_parent_is_not_the_childs() -> None:
    held = b"x" * (300 << 20)
    captured = native_output.in_child(lambda send: send(b"one"), seconds=30, memory_bytes=250 << 20)
    assert captured == native_output.CapturedOutput([b"one"], "")
    assert len(held) == 300 << 20


def test_a_child_that_takes_too_much_memory_ends() -> None:
    def work(send: native_output.Send) -> None:
        send(b"one")
        held = [bytes(8 << 20) + b"x" for _ in range(48)]
        import time

        time.sleep(len(held))

    captured = native_output.in_child(work, seconds=30, memory_bytes=250 << 20)
    assert captured == native_output.CapturedOutput([b"one"], "needed more than 250 MiB of memory")


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"RULE_SECONDS": 0.5}, "the engine gave no answer in 0.5 seconds"),
        ({"CHILD_SECONDS": 0.6}, "the engine gave no answer in "),
        ({"MEMORY_BYTES": 200 << 20}, "the engine needed more than 200 MiB of memory"),
    ],
    ids=["time", "all-time", "memory"],
)
def test_a_rule_that_takes_too_much_is_named_and_the_others_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: dict[str, float], said: str
) -> None:
    for name, value in limits.items():
        monkeypatch.setattr(rego, name, value)
    write(tmp_path, "first", "pass if input.n == 1")
    write(
        tmp_path,
        "greedy",
        "pass if count([x | some a in numbers.range(1, 3000); some b in numbers.range(1, 3000); x := [a, b]]) > 0",
    )
    write(tmp_path, "last", "pass if input.n == 1")

    found = verdicts(tmp_path)

    assert found["own.first"].outcome == Outcome.PASS
    assert found["own.greedy"].outcome == Outcome.FAIL
    (reason,) = found["own.greedy"].denials
    assert reason.message.startswith(f"the rule did not decide: {said}")
    assert "greedy.rego" in reason.fix
    if "CHILD_SECONDS" in limits:
        assert found["own.last"].denials[0].message == "the rule did not decide: no time was left of 0.6 seconds"
    else:
        assert found["own.last"].outcome == Outcome.PASS


def test_a_child_that_raises_is_no_success() -> None:
    def work(send: native_output.Send) -> None:
        raise RuntimeError

    assert native_output.in_child(work, seconds=30) == native_output.CapturedOutput([], "ended with 1")


@pytest.mark.parametrize(
    ("started_with", "ended"), [(signal.SIG_IGN, ""), (signal.default_int_handler, "ended by SIGINT")]
)
def test_a_child_ignores_sigint_where_the_whole_run_does(started_with: Any, ended: str) -> None:
    """A Ctrl-C that is meant for another program of the same script must not end the evaluation of a background run."""

    def work(send: native_output.Send) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        send(b"still there")

    before = signal.signal(signal.SIGINT, started_with)
    try:
        captured = native_output.in_child(work, seconds=30)
    finally:
        signal.signal(signal.SIGINT, before)
    assert captured == native_output.CapturedOutput([] if ended else [b"still there"], ended)
