"""Lines of TOML tables, whatever stands around them."""

from __future__ import annotations

import pytest

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.dependencies.locks.tables import key_line, packages, read_toml

LINES = {
    "plain": ("[[p]]\na = 1\n\n[[p]]\n", [1, 4]),
    "indented, spaced, commented": ("# x\n  [[ p ]] # y\n[[ p]]\n", [2, 3]),
    "quoted": ("[['p']]\n[[\"p\"]]\n", [1, 2]),
    "header in a multi-line string": ('[[p]]\nd = """\n[[p]]\n"""\n[[p]]\n', [1, 5]),
    "header in a literal multi-line string": ("[[p]]\nd = '''\n[[p]]\n'''\n[[p]]\n", [1, 5]),
    "as many in a string as written otherwise": ('[[\'p\']]\nd = """\n[[p]]\n"""\n', [1]),
    "escaped quotes": ('[[p]]\nd = """\\"""\n[[p]]\n"""\n[[p]]\n', [1, 5]),
    "five quotes at the end": ('[[p]]\nd = """a"""""\n[[p]]\n', [1, 3]),
    "apostrophe in a comment": ("[[p]]\n# it's '''\n[[p]]\n", [1, 3]),
    "sub-tables": ("[[p]]\n[p.q]\n[[p.r]]\n[[p]]\n[[p.r]]\n", [1, 4]),
    "dotted header alike": ("[['pp'.p]]\n[[p]]\n", [2]),
    "nested array alike": ("x = [\n[['p']],\n]\n[[p]]\n[['p']]\n", [4, 5]),
    "inline": ("p = [ { a = [ {} ] },\n{ a = { b = 1 } },\n\n{}]\n", [1, 2, 4]),
    "inline of a sub-table": ("[t]\np = [{}]\n[[p]]\n", [3]),
    "CRLF": ("[[p]]\r\na = 1\r\n[[p]]\r\n", [1, 3]),
    "none": ("a = 1\n", []),
}


@pytest.mark.parametrize("case", LINES)
def test_lines_of_tables(case: str) -> None:
    text, expected = LINES[case]
    document, read = read_toml("x", text.encode())
    assert [line for line, _ in packages("x", document, read, "p")] == expected


KEYS = {
    "key": ("a = 1\nb = 2\n", 2),
    "table": ("a = 1\n\n[b]\n", 3),
    "quoted": ('a = 1\n"b" = 2\n', 2),
    "dotted": ("a = 1\nb.c = 2\n", 2),
    "none": ("a = 'b = 1'\nbb = 1\n", 1),
}


@pytest.mark.parametrize("case", KEYS)
def test_line_of_a_key(case: str) -> None:
    text, line = KEYS[case]
    assert key_line(text, "b") == line


def test_what_is_no_toml() -> None:
    with pytest.raises(InputError) as caught:
        read_toml("a/x.lock", b"ok = 1\nno\n")
    assert caught.value.message.startswith("a/x.lock:2: expected TOML, found none: ")
    with pytest.raises(InputError, match=r"\Ax:3: expected TOML, found none: "):
        read_toml("x", b'a = """\n\n')
    with pytest.raises(InputError, match=r"\Ax:1: expected TOML, found "):
        read_toml("x", b"a = " + b"[" * 200_000)
