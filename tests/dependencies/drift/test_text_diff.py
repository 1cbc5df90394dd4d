from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.dependencies.drift.findings import MOST_LINES, text_diff

LOCK = "# head\na==1\nb==1\nc==1\n"


def test_a_difference_names_its_first_line_and_shows_the_rest() -> None:
    found = text_diff(LOCK, LOCK.replace("b==1", "b==2"), path="r.txt")
    assert (found.line, found.changed) == (3, 2)
    assert found.shown == (
        "--- r.txt (committed)",
        "+++ r.txt (compiled)",
        "@@ -1,4 +1,4 @@",
        " # head",
        " a==1",
        "-b==1",
        "+b==2",
        " c==1",
    )


def test_what_is_missing_at_the_end_is_at_the_last_line() -> None:
    assert text_diff(LOCK, LOCK + "d==1\n", path="r").line == 4
    assert text_diff("", LOCK, path="r").line == 1
    assert text_diff(LOCK, "", path="r").line == 1


def test_a_long_difference_is_cut_and_counted() -> None:
    found = text_diff("", "x\n" * 500, path="r")
    assert len(found.shown) == MOST_LINES + 1
    assert found.shown[-1] == f"... and {503 - MOST_LINES} more lines"
    assert found.changed == 500


@settings(derandomize=True, max_examples=60)
@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_only_equal_texts_have_no_changed_line(old: list[str], new: list[str]) -> None:
    found = text_diff("\n".join(old), "\n".join(new), path="r")
    assert (found.changed == 0) is (old == new)
    assert 1 <= found.line <= max(1, len(old))
