"""Annotations: what others wrote is clean in them, and no text makes a command of its own."""

from __future__ import annotations

from msgspec import structs

from ops.supply_chain.contracts.values.cause import CauseKind, Mark, RootCause
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.risk.findings.render.annotations import annotation_commands
from tests.risk.findings.support import finding

HOSTILE = "idna\x1b[31m\u202e\r\n::error::x,file=y%0A https://user:secret@h/ ghp_" + "a" * 36


def _cause(**changes: str) -> RootCause:
    return RootCause(
        kind=CauseKind.OTHER,
        title=HOSTILE,
        severity=Severity.HIGH,
        findings=(structs.replace(finding(), path=HOSTILE, line=3, **changes),),
        stages=(),
        denials=1,
        locations=(),
        places=1,
        steps=(HOSTILE,),
    )


def test_no_text_of_others_leaves_its_place() -> None:
    [command] = annotation_commands([(Mark.DENIES, _cause())], folder=HOSTILE)
    head, _, message = command.removeprefix("::error ").partition("::")
    assert [part.partition("=")[0] for part in head.split(",")] == ["file", "line", "title"]
    for text in (head, message):
        assert not {"\x1b", "\u202e", "\r", "\n"} & set(text)
        assert "secret" not in text
        assert "aaaa" not in text
        assert "%250A" in text


def test_no_file_is_named_where_the_project_is_elsewhere() -> None:
    [command] = annotation_commands([(Mark.UNKNOWN, _cause())], folder=None)
    assert command.startswith("::warning title=")
