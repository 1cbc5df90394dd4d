"""EPSS scores: every row is read, or the file is refused with the line that is wrong; nothing unpacks without end."""

from __future__ import annotations

import gzip
import io
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.formats import epss as epss_format
from ops.supply_chain.formats.epss import EpssScore, read_epss
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from tests.fakes.exploitation import epss, epss_text

ROW = ("CVE-2026-0001", "0.97213", "0.99891")


def rows(data: bytes) -> list[EpssScore]:
    return list(read_epss(data).rows())


def test_a_file_of_scores() -> None:
    found = read_epss(epss(ROW, ("CVE-1999-0001", "0", "1.00000"), ("CVE-2026-1234567", "4e-05", "0.1")))
    assert (found.model, datetime.fromtimestamp(found.scored, UTC).date().isoformat()) == ("v2025.03.14", "2026-11-19")
    assert list(found.rows()) == [
        EpssScore("CVE-2026-0001", 0.97213, 0.99891),
        EpssScore("CVE-1999-0001", 0.0, 1.0),
        EpssScore("CVE-2026-1234567", 0.00004, 0.1),
    ]


def test_plain_text_other_line_ends_and_no_last_line_feed() -> None:
    text = epss_text(ROW, ROW)
    assert rows(text) == rows(text.replace(b"\n", b"\r\n")) == rows(text.rstrip(b"\n")) == rows(gzip.compress(text))
    assert len(rows(text)) == 2


def test_several_gzip_members_are_one_file() -> None:
    text = epss_text(ROW, ROW)
    assert rows(gzip.compress(text[:70]) + gzip.compress(text[70:])) == rows(text)


PACKED = epss(ROW, ROW)
WRONG = {
    "nothing": (b"", "line 1: expected #model_version"),
    "a page": (b"<!doctype html>\n<html>", "line 1: expected #model_version"),
    "no comment": (epss_text(ROW).split(b"\n", 1)[1], "line 1: expected #model_version"),
    "no day": (epss_text(ROW, head="#model_version:v1,score_date:"), "line 1"),
    "a day that is none": (epss_text(ROW, head="#model_version:v1,score_date:2026-02-30"), "expected a date"),
    "no end of line": (b"#model_version:v1,score_date:2026-11-19" * 1000, "line 1"),
    "columns in another order": (epss_text(ROW, columns="cve,percentile,epss"), "line 2: expected the columns"),
    "one more column": (epss_text(ROW, columns="cve,epss,percentile,x"), "line 2: expected the columns"),
    "no rows": (epss_text(), "expected at least one score"),
    "NaN": (epss_text(ROW, ("CVE-2026-0002", "nan", "0.1")), "line 4: .* found CVE-2026-0002,nan,0.1"),
    "infinite": (epss_text(("CVE-2026-0002", "inf", "0.1")), "line 3"),
    "negative": (epss_text(("CVE-2026-0002", "-0.1", "0.1")), "line 3"),
    "above one": (epss_text(("CVE-2026-0002", "1.00001", "0.1")), "line 3"),
    "a comma in a number": (epss_text(("CVE-2026-0002", "0,1", "0.1")), "line 3"),
    "one column less": (epss_text(ROW, ("CVE-2026-0002", "0.1", "")), "line 4"),
    "not a CVE": (epss_text(("GHSA-aaaa", "0.1", "0.1")), "line 3"),
    "an empty line": (epss_text(ROW) + b"\n" + epss_text(ROW), "line 4"),
    "text after the rows": (epss_text(ROW) + b"<html>", "line 4"),
    "cut in a row": (epss_text(ROW, ROW)[:-20], "line 4"),
    "gzip cut off": (PACKED[:-9], "ends too early"),
    "gzip cut in its head": (PACKED[:5], "ends too early"),
    "gzip with a wrong checksum": (PACKED[:-8] + b"\0" * 8, "damaged"),
    "bytes after gzip": (PACKED + b"x", "ends too early"),
    "a page after gzip": (PACKED + b"<html>", "damaged"),
    "too many members": (gzip.compress(b"") * 70 + PACKED, "gzip members"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_whole_file_is_refused(name: str) -> None:
    data, why = WRONG[name]
    with pytest.raises(UnexpectedShapeError, match=why):
        rows(data)


def test_a_gzip_bomb_is_never_unpacked_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epss_format, "LARGEST_BYTES", 1 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = io.BytesIO()
    for _ in range(16):
        bomb.write(packer.compress(b"0" * (1 << 20)))
    bomb.write(packer.flush())
    with pytest.raises(UnexpectedShapeError, match="at most 1048576 bytes unpacked"):
        read_epss(bomb.getvalue())
    with pytest.raises(UnexpectedShapeError, match="at most 1048576 bytes unpacked"):
        read_epss(b"#" * ((1 << 20) + 1))


@settings(derandomize=True, max_examples=200)
@given(st.data())
def test_damage_is_an_error_of_the_file_and_nothing_else(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([PACKED, epss_text(ROW, ROW)]))
    at = data.draw(st.integers(0, len(whole) - 1))
    try:
        found = rows(whole[:at] + bytes([data.draw(st.integers(0, 255))]) + whole[at + 1 :])
    except UnexpectedShapeError:
        return
    assert all(0 <= row.epss <= 1 and 0 <= row.percentile <= 1 for row in found)
    assert len(found) == 2
