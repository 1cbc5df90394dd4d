"""What is written to a terminal has its encoding; files and pipes have UTF-8, whatever the locale."""

from __future__ import annotations

import io
import os
import sys

import pytest

from ops.supply_chain.runner.streams import print_lines, print_result

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
