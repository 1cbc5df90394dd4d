"""CSV out and in: nothing becomes a formula, nothing a spreadsheet damages comes back, and no change of another person is undone."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from ops.supply_chain.contracts.files.backlog import Backlog, ItemState, Risk, Treatment
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.suppliers.backlog.cells import escaped, read, unescaped, written
from ops.supply_chain.suppliers.backlog.edits import apply_changes
from ops.supply_chain.suppliers.backlog.tables import ITEM_COLUMNS, RISK_COLUMNS, imported, item_row, risk_row
from tests.suppliers.backlog.making import DAY, listed, reviewed, seen

TODAY = DAY.today


def backlog() -> Backlog:
    items = reviewed(
        (),
        seen("CVE-1", versions=(listed("1.10", "3.4.5"),), fixed_version="1.20", summary="=cmd|' /C calc'!A0"),
        seen("CVE-2", versions=(listed("2.0", "3.4.5"),)),
    )
    risk = Risk(
        id="R-0123456789",
        supplier="Acme",
        product="pkg:generic/thing",
        since=TODAY,
        likelihood=3,
        impact=4,
        items=(items[0].id,),
    )
    return Backlog(schema="supplier-backlog/1", tenant="t", items=items, risks=(risk,))


def table(found: Backlog) -> bytes:
    return written(ITEM_COLUMNS, (item_row(item, TODAY) for item in found.items))


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def with_rows(rows: list[dict[str, str]], *, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def test_a_table_is_rfc_4180_and_comes_back_as_no_change() -> None:
    found = backlog()
    data = table(found)
    assert data.count(b"\r\n") == len(found.items) + 1
    assert imported(data, found, TODAY, where="b.csv")[:2] == ({}, 2)


def test_no_cell_is_a_formula() -> None:
    for row in rows_of(table(backlog())):
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    [row] = [row for row in rows_of(table(backlog())) if row["vulnerability"] == "CVE-1"]
    assert row["summary"] == "'=cmd|' /C calc'!A0"


@pytest.mark.parametrize("seed", range(20))
def test_what_was_written_in_a_cell_comes_back(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - seeded, for a repeatable test
    for _ in range(200):
        text = "".join(dice.choices("=+-@'\t\r\n\"',; ab1\u2028\uff1d\u00a0é", k=dice.randrange(6)))
        assert unescaped(escaped(text)) == text
        [row] = read(written(["a", "b"], [{"a": text, "b": "x"}]), ["a", "b"], where="t")
        assert row.cells == {"a": text, "b": "x"}
        assert escaped(text).lstrip(" \u00a0")[:1] not in set("=+-@\t\r\n\uff1d")


@pytest.mark.parametrize(
    ("delimiter", "encoding"),
    [(",", "utf-8-sig"), (";", "utf-8"), ("\t", "utf-16")],
    ids=["BOM", "semicolons", "UTF-16 with tabs"],
)
def test_what_spreadsheets_save_is_read(delimiter: str, encoding: str) -> None:
    found = backlog()
    rows = rows_of(table(found))
    rows[0] |= {"state": "in-progress", "owner": "Zoë", "note": "'=1+1"}
    edited = imported(with_rows(rows, delimiter=delimiter, encoding=encoding), found, TODAY, where="b.csv").changes
    assert edited == {rows[0]["id"]: {"state": "in-progress", "owner": "Zoë", "note": "=1+1"}}
    after = apply_changes(found, edited, DAY).backlog
    item = next(item for item in after.items if item.id == rows[0]["id"])
    assert (item.decision.state, item.decision.owner, item.decision.note, item.decision.revision) == (
        ItemState.IN_PROGRESS, "Zoë", "=1+1", 1,
    )  # fmt: skip


def changed(column: str, value: str) -> Callable[[list[dict[str, str]]], None]:
    def change(rows: list[dict[str, str]]) -> None:
        rows[0][column] = value

    return change


def sorted_apart(rows: list[dict[str, str]]) -> None:
    rows[0]["id"], rows[1]["id"] = rows[1]["id"], rows[0]["id"]


def doubled(rows: list[dict[str, str]]) -> None:
    rows.append(dict(rows[0]))


DAMAGED = {
    "a version as a number": (changed("versions", "1.1"), "versions is '1.1', expected '1.10'"),
    "a version as a date": (
        changed("product_versions", "2005-04-03"),
        "product_versions is '2005-04-03', expected '3.4.5'",
    ),
    "a version with a zero less": (changed("fixed_version", "1.2"), "fixed_version is '1.2', expected '1.20'"),
    "rows sorted apart": (sorted_apart, "vulnerability is"),
    "a row twice": (doubled, "is there twice"),
    "an unknown id": (changed("id", "B-ffffffffff"), "is not an id of the backlog"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_table_is_refused_with_the_place(name: str) -> None:
    damage, message = DAMAGED[name]
    found = backlog()
    rows = sorted(rows_of(table(found)), key=lambda row: row["vulnerability"])
    damage(rows)
    with pytest.raises(InputError) as error:
        imported(with_rows(rows), found, TODAY, where="b.csv")
    assert message in error.value.message
    assert "line " in error.value.message
    assert "Nothing was changed" in error.value.hint


def test_a_change_of_someone_else_since_then_is_not_undone() -> None:
    found = backlog()
    rows = rows_of(table(found))
    rows[0]["owner"] = "Ann"
    later = apply_changes(found, {rows[0]["id"]: {"owner": "Bo"}}, DAY).backlog
    with pytest.raises(InputError, match="was changed after this table was written") as error:
        imported(with_rows(rows), later, TODAY, where="b.csv")
    assert "revision '0', now 1" in error.value.message
    rows[0]["owner"] = "Bo"
    assert imported(with_rows(rows), later, TODAY, where="b.csv").changes == {}


BROKEN = {
    "empty": (b"", "is empty"),
    "another table": (b"a,b\r\n1,2\r\n", "is another table: its header has no id, no state, no supplier"),
    "a cell too few": (
        b",".join(name.encode() for name in ITEM_COLUMNS) + b"\r\nB-1\r\n",
        "expected 35 cells, found 1",
    ),
    "Latin-1": ("é".encode("latin-1"), "is not in UTF-8"),
    "a NUL": (b"id\x00", "has a NUL character"),
    "an open quote": (b",".join(name.encode() for name in ITEM_COLUMNS) + b'\r\n"', "is not CSV"),
    "a column twice": (b",".join(name.encode() for name in (*ITEM_COLUMNS, "id")), "with a column twice"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_such_table_is_refused(name: str) -> None:
    data, message = BROKEN[name]
    with pytest.raises(InputError) as error:
        imported(data, backlog(), TODAY, where="b.csv")
    assert message in error.value.message


def test_the_register_is_edited_likewise() -> None:
    found = backlog()
    data = written(RISK_COLUMNS, (risk_row(risk, TODAY) for risk in found.risks))
    assert imported(data, found, TODAY, where="r.csv")[:2] == ({}, 1)
    rows = rows_of(data)
    assert (rows[0]["score"], rows[0]["band"], rows[0]["likelihood"]) == ("12", "high", "")
    rows[0] |= {"likelihood": "2", "treatment": "retain", "accepted_by": "Board", "review": "2027-02-01"}
    after = apply_changes(found, imported(with_rows(rows), found, TODAY, where="r.csv").changes, DAY)
    [risk] = after.backlog.risks
    assert (risk.decision.likelihood, risk.decision.treatment, risk.decision.review) == (
        2,
        Treatment.RETAIN,
        "2027-02-01",
    )
    assert risk_row(risk, TODAY)["score"] == "8"


REFUSED = {
    "a state that documents decide": ({"state": "fixed"}, "follows from a newer accepted document"),
    "an unknown state": ({"state": "done"}, "expected one of new, triaged"),
    "an unknown field": ({"ownr": "x"}, "the nearest is owner"),
    "an acceptance without an end": ({"state": "accepted", "by": "Bo", "reason": "r"}, "needs until=..."),
    "an acceptance that is over": (
        {"state": "accepted", "by": "Bo", "reason": "r", "until": "2026-01-01"},
        "has passed",
    ),
    "not affected for no reason": ({"state": "not-affected"}, "needs by=... and reason=..."),
    "a date of a spreadsheet": ({"planned": "11/29/2026"}, "expected a date as 2026-01-31"),
    "no such day": ({"planned": "2026-02-30"}, "expected a date as 2026-01-31"),
    "a week": ({"planned": "2026-W01-1"}, "expected a date as 2026-01-31"),
    "an escape sequence": ({"note": "\x1b[31mred"}, "has characters that cannot be shown"),
    "text that turns": ({"note": "a\u202eb"}, "has characters that cannot be shown"),
    "a book": ({"note": "x" * 2001}, "2,000 at most"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_change_that_cannot_be_is_refused_and_nothing_is_changed(name: str) -> None:
    fields, message = REFUSED[name]
    found = backlog()
    first, second = (item.id for item in found.items)
    after = apply_changes(found, {first: {"owner": "Ann"}, second: fields}, DAY)
    assert after.backlog == found
    assert after.ids == ()
    assert any(message in problem for problem in after.problems), after.problems


def test_values_of_a_risk_are_checked() -> None:
    found = backlog()
    for fields in ({"likelihood": "6"}, {"impact": "high"}, {"treatment": "hope"}, {"owner2": "x"}):
        assert apply_changes(found, {"R-0123456789": fields}, DAY).problems


@pytest.mark.parametrize("seed", range(10))
def test_a_table_that_was_damaged_anywhere_is_read_or_refused_and_changes_no_other_field(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - seeded, for a repeatable test
    found = backlog()
    whole = bytearray(table(found))
    allowed = {"state", "owner", "by", "until", "reason", "planned", "note"}
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(data))
            data[at : at + chance.randrange(3)] = bytes(
                chance.choices(b'",;\r\n\t\x00\xff\xfe=a1', k=chance.randrange(3))
            )
        try:
            edited = imported(bytes(data), found, TODAY, where="b.csv")
        except InputError:
            continue
        assert set(edited.changes) <= {item.id for item in found.items}
        assert {name for fields in edited.changes.values() for name in fields} <= allowed
        after = apply_changes(found, edited.changes, DAY).backlog
        assert [
            replace(item, decision=first.decision, history=first.history)
            for item, first in zip(after.items, found.items, strict=True)
        ] == list(found.items)
