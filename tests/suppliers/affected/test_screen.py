"""The last lines of an answer: what to do about each kind of place."""

from __future__ import annotations

import msgspec

from ops.supply_chain.suppliers.affected.model import Answer, FoundPlace, PlaceKind, PlaceStatus, Problem
from ops.supply_chain.suppliers.affected.screen import screen


def installed(name: str, fixed: str) -> FoundPlace:
    return FoundPlace(
        kind=PlaceKind.DEPLOYED,
        status=PlaceStatus.AFFECTED,
        owner="/srv/app",
        package=name,
        version="1.0",
        where=f"{name}.dist-info/METADATA",
        fixed=fixed,
        ids=("CVE-2026-1",),
    )


def test_what_is_installed_in_a_folder_is_to_be_updated_there() -> None:
    answer = Answer(
        question="/srv/app", subject="/srv/app", folder=True, places=(installed("foo", "1.2"), installed("bar", ""))
    )
    supplied = FoundPlace(
        kind=PlaceKind.SUPPLIER, status=PlaceStatus.AFFECTED, owner="Acme: x", package="foo", version="1.0", name="Acme"
    )
    both = msgspec.structs.replace(answer, places=(*answer.places, supplied))
    assert screen(both)[-1].startswith("next: ask Acme for ")
    assert (
        screen(both)[-2]
        == screen(answer)[-1]
        == ("next: in /srv/app: update foo to 1.2 or later; remove bar: no fixed version is known")
    )


def test_a_version_that_was_only_asked_for_needs_no_update() -> None:
    answer = Answer(question="foo<2", subject="foo <2", places=(installed("foo", ""),))
    assert not any(line.startswith("next:") for line in screen(answer))


def test_a_misspelling_is_the_first_thing_to_deal_with() -> None:
    answer = Answer(
        question="urlib3", subject="urlib3", near=("urllib3",), retry="urllib3", problems=(Problem("x", "ask x"),)
    )
    assert [line for line in screen(answer) if line.startswith("next:")] == [
        "next: nox -s affected -- urllib3",
        "next: ask x",
    ]


def test_a_severity_that_no_record_gives_is_no_other_one() -> None:
    answer = Answer(question="CVE-2026-1", subject="CVE-2026-1", ids=("CVE-2026-1",), severity="unknown", summary="x")
    assert screen(answer)[1] == "  unknown severity: x"
