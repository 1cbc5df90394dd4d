"""What is written to a terminal has its encoding; files and pipes have UTF-8, whatever the locale."""

from __future__ import annotations

import io
import os
import shutil
import sys

import pytest

from ops.supply_chain.runner.streams import columns, print_lines, print_result

TEXT = "na\u00efve \u5305 | x"


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("cp437", b"na\x8bve ? | x\n"), ("cp1252", b"na\xefve ? | x\n"), ("utf-8", TEXT.encode() + b"\n"), ("no-such", TEXT.encode() + b"\n")],
)  # fmt: skip
def test_a_terminal_gets_its_code_page(
    encoding: str, expected: bytes, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    class Terminal(io.StringIO):
        pass

    Terminal.encoding = encoding
    monkeypatch.setattr(os, "isatty", lambda _: True)
    monkeypatch.setattr(sys, "__stdout__", Terminal())
    print_lines([(TEXT, "")])
    print_result(TEXT)
    assert capfdbinary.readouterr().out == expected * 2


def test_a_pipe_gets_utf_8(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    monkeypatch.setattr(os, "isatty", lambda _: False)
    print_result(TEXT)
    assert capfdbinary.readouterr().out == TEXT.encode() + b"\n"


@pytest.mark.parametrize("given", [None, "", "0", "-1", "40", " 40 ", "4x", "1_000", "\u0664\u0660"])
@pytest.mark.parametrize("terminal", [None, 0, 132])
def test_the_columns_are_those_of_shutil(
    given: str | None, terminal: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def size(_: int) -> os.terminal_size:
        if terminal is None:
            raise OSError
        return os.terminal_size((terminal, 24))

    if given is None:
        monkeypatch.delenv("COLUMNS", raising=False)
    else:
        monkeypatch.setenv("COLUMNS", given)
    with open(os.devnull) as stdout:  # noqa: PTH123 - a stream with a descriptor
        monkeypatch.setattr(sys, "__stdout__", stdout)
        monkeypatch.setattr(os, "get_terminal_size", size)
        assert columns() == shutil.get_terminal_size().columns
        monkeypatch.setattr(sys, "__stdout__", None)
        assert columns() == shutil.get_terminal_size().columns
