"""TOML is read as the standard library reads it, within bounds that hold before its parser runs."""

from __future__ import annotations

import contextlib
import gc
import random
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.core import plain_toml

KEYS = ("a", "b . c", '"q\\".[" . \'r.{\'', "[[t]]\na", "[u.'v]']\nw", "'#'")
VALUES = (
    "1.5",
    "'[{#'",
    '"[{\'\\"#"',
    '"""x"y""z\\""""',
    '"""a"""""',
    '"""\n[[[ \' # ""\\""""',
    "'''it''s'''",
    "''''q'''''",
    "[ 1, # ]\n [2] ]",
    "{a.b = [{c = '}'}]}",
    "1979-05-27 07:32:00.5",
    "?",
)
ENDS = ("\n", "\r\n", " # [[{ \"\"\" '''\n")


def refused(text: str, **bounds: int) -> plain_toml.TomlError:
    with pytest.raises(plain_toml.TomlError) as error:
        plain_toml.load(text, **bounds)
    return error.value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a" + ".a" * 20_000 + " = 1", "a key of more than 32 parts (at line 1, column 1)"),
        ("x = 1\n[" + "a." * 20_000 + "a]", "a key of more than 32 parts (at line 2, column 2)"),
        ("x = {" + "'a' . \"b.c\" . " * 20_000 + "a = 1}", "a key of more than 32 parts (at line 1, column 6)"),
        (
            "x = '''\n'''\ny = " + "[" * 40_000,
            "more than 32 arrays and tables within each other (at line 3, column 37)",
        ),
        ("x = " + "{a = " * 40_000, "more than 32 arrays and tables within each other (at line 1, column 165)"),
        ("x = " + "[{a = " * 40_000, "more than 32 arrays and tables within each other (at line 1, column 101)"),
        ("x = 0x" + "f" * 40_000, "a number of more than 4000 characters (at line 1, column 5)"),
        ("x = " + "9" * 40_000, "integer string conversion"),
        ('x = ["""a"""", ' + "[" * 40, "more than 32 arrays and tables within each other (at line 1, column 47)"),
    ],
    ids=["dotted", "header", "quoted", "arrays", "tables", "both", "hexadecimal", "decimal", "after-a-quote"],
)
def test_what_grows_out_of_bounds_is_refused_at_once_and_by_its_place(text: str, said: str) -> None:
    start = time.perf_counter()

    error = refused(text)

    assert said in str(error)
    assert time.perf_counter() - start < 0.5


def test_a_document_that_is_too_large_is_refused_before_anything_reads_it() -> None:
    assert plain_toml.load("a = 1234", largest=8) == {"a": 1234}
    assert str(refused("a = 12345", largest=8)) == "expected at most 8 characters, found 9"


def test_each_bound_lets_its_last_value_through() -> None:
    assert plain_toml.load("a.b.c = 1", most_parts=3) == {"a": {"b": {"c": 1}}}
    assert refused("a.b.c.d = 1", most_parts=3).line == 1
    assert plain_toml.load("a = [[1]]", deepest=2) == {"a": [[1]]}
    assert refused("\na = [[[1]]]", deepest=2).line == 2


def test_keys_and_tables_that_are_deep_only_together_are_refused() -> None:
    text = ".".join(["a"] * 30) + " = " + ("{" + ".".join(["a"] * 30) + " = ") * 20 + "1" + "}" * 20

    assert str(refused(text)) == "more than 200 arrays and tables within each other"


def test_dots_and_brackets_in_texts_and_comments_are_not_counted() -> None:
    text = (
        f"# {'[' * 99} {'a.' * 99}\n"
        f'a = "{"[{." * 99} \\" {"[" * 99}"\n'
        f"b = '{'[{.' * 99}'\n"
        f'c = """\n{"[{." * 99} "" \\""" {"[" * 99}"""\n'
        f"d = '''\n{'[{.' * 99} '' {'[' * 99}'''\n"
        f'"{"." * 99}" = 1\n'
    )

    assert plain_toml.load(text) == tomllib.loads(text)


def test_an_error_of_the_parser_keeps_its_line() -> None:
    assert refused("a = 1\nb = ?\n").line == 2
    assert refused("a = 1\n\nb = ").line == 3


def test_whatever_is_read_before_it_a_value_beyond_the_bounds_is_found() -> None:
    generator = random.Random(9)  # noqa: S311 - for cases, not for secrets
    read = 0
    for number in range(3000):
        text = "".join(
            f"[n{number}.n{line}]\n{generator.choice(KEYS)} = {generator.choice(VALUES)}{generator.choice(ENDS)}"
            for line in range(generator.randint(1, 5))
        )
        try:
            expected = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            refused(text)
            continue
        read += 1
        assert plain_toml.load(text) == expected
        assert "within each other" in str(refused(f"{text}z = {'[' * 33}{']' * 33}"))
        assert "more than 32 parts" in str(refused(f"{text}{'z.' * 32}z = 1"))
    assert read > 1000


@pytest.mark.parametrize("piece", ['"', "'", '"\\"', '"""\\', "'''x", "a . ", "a ", ".", "]", "\\", "#", "a\n"])
def test_no_text_costs_more_than_its_length(piece: str) -> None:
    start = time.perf_counter()

    with contextlib.suppress(plain_toml.TomlError):
        plain_toml.load(piece * (200_000 // len(piece)))

    assert time.perf_counter() - start < 1


def test_the_time_for_many_tables_grows_with_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    real = tomllib.loads

    def parse(text: str) -> dict[str, Any]:
        seen.append(gc.isenabled())
        return real(text)

    monkeypatch.setattr(tomllib, "loads", parse)
    for text in ("a = 1", "a = "):
        with contextlib.suppress(plain_toml.TomlError):
            plain_toml.load(text)
        assert gc.isenabled()
    assert seen == [False, False]  # with collections it grows with the square


def test_the_locks_that_are_in_use_are_far_within_the_bounds(shared_data: Path) -> None:
    for path in sorted((shared_data / "projects").rglob("*.lock")) + sorted((shared_data / "projects").rglob("*.toml")):
        text = path.read_text()
        try:
            expected = tomllib.loads(text)
        except tomllib.TOMLDecodeError:  # a Pipfile.lock is JSON
            continue
        assert plain_toml.load(text, most_parts=10, deepest=10) == expected, path
