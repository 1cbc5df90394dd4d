"""What is left out of a document: lines without a supported claim, headings without text, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.supply_chain.assurance.documents.claim_renderer import ABSENT, MARK
from ops.supply_chain.assurance.documents.omission import omit_headings, omit_lines

SUPPORTED = f"Signed. {MARK}signed-releases{MARK}"


@pytest.mark.parametrize(
    ("filled", "expected"),
    [
        (f"A\n- {ABSENT}\nB", f"A\n{ABSENT}\nB"),
        (f"**Lead.** {ABSENT} {ABSENT}", ABSENT),
        (f"{ABSENT} {SUPPORTED} {ABSENT}", f" {SUPPORTED}"),
        ("No claim.", "No claim."),
    ],
)
def test_a_line_is_left_out_where_all_its_claims_are_absent(filled: str, expected: str) -> None:
    assert omit_lines(filled) == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (f"# T\n\n## A\n\n{ABSENT}\n\n## B\n\nText.\n", "# T\n\n## B\n\nText.\n"),
        (f"# T\n\n## A\n\n### A1\n\n{ABSENT}\n\n### A2\n\n{ABSENT}\n", "# T\n"),
        (f"## A\n\n### A1\n\n{ABSENT}\n\n### A2\n\nText.\n", "## A\n\n### A2\n\nText.\n"),
        (f"## A\n\n{ABSENT}\n\nText.\n", "## A\n\nText.\n"),
        ("## Empty by its author\n\n## B\n\nText.\n", "## Empty by its author\n\n## B\n\nText.\n"),
        (f"## A\n\n{ABSENT}\n\n```\n# code\n```\n", "## A\n\n```\n# code\n```\n"),
        (f"```\n# code\n{ABSENT}\n```\n", "```\n# code\n```\n"),
    ],
)
def test_a_heading_is_left_out_with_the_last_of_its_text(document: str, expected: str) -> None:
    assert omit_headings(document) == expected


LINES = st.lists(st.sampled_from(["# T", "## A", "### B", "Text.", "", ABSENT, "- x"]), max_size=12)


@given(LINES)
def test_text_is_never_left_out_and_a_second_time_changes_nothing(lines: list[str]) -> None:
    once = omit_headings("\n".join(lines))
    assert omit_headings(once) == once
    assert ABSENT not in once
    assert [line for line in once.split("\n") if line in {"Text.", "- x"}] == [
        line for line in lines if line in {"Text.", "- x"}
    ]


@given(LINES)
def test_where_nothing_is_absent_every_heading_stays(lines: list[str]) -> None:
    kept = [line for line in lines if line != ABSENT]
    once = omit_headings("\n".join(kept))
    assert [line for line in once.split("\n") if line] == [line for line in kept if line]
