"""The closing comment: what a document rests on, and how that stands to what is here."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ops.supply_chain.assurance.documents.basis import (
    DocumentStatus,
    basis_of,
    closing_comment,
    is_derived,
    is_generated,
    read_basis,
    status_of,
)
from ops.supply_chain.core.errors import InputError
from tests.assurance.documents.support import HOSTILE, source

OLD, NEW = source(), source(version="2.0", manifest_sha256="d" * 64, retained_at="2026-11-03T00:00:00Z")
DRY = source(rehearsal=True, manifest_sha256="e" * 64, retained_at="2026-11-04T00:00:00Z")
LATER_DRY = source(rehearsal=True, manifest_sha256="f" * 64, retained_at="2026-11-05T00:00:00Z")


@pytest.mark.parametrize("evidence", [None, OLD, DRY])
@pytest.mark.parametrize("component", ["acme", "a--b", *HOSTILE])
def test_it_comes_back_as_it_was(component: str, evidence: object) -> None:
    basis = basis_of(component, evidence)  # type: ignore[arg-type]
    comment = closing_comment(basis)
    assert comment.count("-->") == 1
    assert comment.endswith(" -->")
    assert "--" not in comment[4:-3]
    assert "\n" not in comment
    assert read_basis(f"# x\n\n{comment}\n", where="x") == basis


@pytest.mark.parametrize(
    ("named", "here", "expected"),
    [
        pytest.param(None, None, DocumentStatus.SAME, id="nothing and nothing"),
        pytest.param(None, OLD, DocumentStatus.OLDER, id="a release came"),
        pytest.param(OLD, OLD, DocumentStatus.SAME, id="the same"),
        pytest.param(OLD, NEW, DocumentStatus.OLDER, id="a newer release"),
        pytest.param(NEW, OLD, DocumentStatus.NOT_HERE, id="only an older release is here"),
        pytest.param(OLD, None, DocumentStatus.NOT_HERE, id="no release is here"),
        pytest.param(OLD, DRY, DocumentStatus.NOT_HERE, id="only a rehearsal is here"),
        pytest.param(DRY, NEW, DocumentStatus.OLDER, id="released after a rehearsal"),
        pytest.param(DRY, LATER_DRY, DocumentStatus.OLDER, id="rehearsed again"),
        pytest.param(LATER_DRY, DRY, DocumentStatus.NOT_HERE, id="rehearsed elsewhere"),
        pytest.param(DRY, None, DocumentStatus.NOT_HERE, id="the rehearsal is gone"),
    ],
)
def test_standing(named: object, here: object, expected: DocumentStatus) -> None:
    assert status_of(basis_of("acme", named), here) is expected  # type: ignore[arg-type]


def test_a_hand_written_document_has_none() -> None:
    assert read_basis("# Security\n\n<!-- a comment -->\n", where="x") is None
    assert not is_generated("# Security\n")


def test_one_that_was_edited_cannot_be_read_and_is_still_ours() -> None:
    text = '# x\n\n<!-- sealwright {"component": 1} -->\n'
    assert is_generated(text)
    with pytest.raises(InputError) as caught:
        read_basis(text, where="SECURITY.md")
    assert caught.value.message.startswith("SECURITY.md: the closing comment cannot be read: ")


def test_the_last_comment_counts_wherever_it_is() -> None:
    comment, later = closing_comment(basis_of("acme", None)), closing_comment(basis_of("other", None))
    assert read_basis(f"{comment}\n\nmore text\n", where="x") == basis_of("acme", None)
    assert read_basis(f"{comment}\n\n{later} more\n", where="x") == basis_of("other", None)


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text + "\nEverything is signed.\n",
        lambda text: text.replace(" -->", " --"),
        lambda text: text.replace("<!-- sealwright {", "<!-- sealwrong {"),
        lambda text: text.replace('"schema": "security-md/1"', ""),
        lambda text: "# New\n" + text,
    ],
)
def test_an_edited_document_is_still_a_generated_one(edit: Callable[[str], str]) -> None:
    text = f"# x\n\n{closing_comment(basis_of('acme', None))}\n"
    assert is_generated(text)
    assert is_generated(edit(text))


def test_without_its_comment_it_is_known_by_its_sentences() -> None:
    sentences = [f"This is sentence number {number} of the template, which is long." for number in range(6)]
    template = "\n".join(["# A heading that is long enough to be counted as one", *sentences, "{{PLACEHOLDER}} " * 9])
    assert is_derived("\n".join(["# Ours", *sentences[:4]]), template)
    assert not is_derived("\n".join(["# Ours", *sentences[:3]]), template)
    assert not is_derived("# Security\n\nPlease write to us before you publish a vulnerability.\n", template)
