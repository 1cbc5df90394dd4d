"""Statements that count for nothing and those in conflict: all of them are counted, few are shown, in one order."""

from __future__ import annotations

import random
import time

from msgspec.structs import replace

from ops.supply_chain.contracts.values.registry import IntakeDecision, RegistryHit
from ops.supply_chain.contracts.values.vex import VexBinding, VexSubject
from ops.supply_chain.suppliers.matching import SupplierStatement
from ops.supply_chain.suppliers.statement_review import (
    NO_COMPONENT,
    PERHAPS,
    UNKNOWN_SUPPLIER,
    StatementReview,
    review,
    review_of,
    review_text,
)
from tests.suppliers.test_statements import PART, THING, document, hit, said

HITS = [hit(), hit("pkg:npm/left-pad@1.3.0", document(version="2.0", name="second")), hit("pkg:npm/right-pad@1")]


def of(items: list[SupplierStatement], hits: list[RegistryHit] | None = None, *, more: int = 0) -> StatementReview:
    found = [(item.document, item.statement) for item in items]
    return review(found, items, lambda _: HITS if hits is None else hits, all_statements=len(found) + more)


def named(item: SupplierStatement, vulnerability: str, *aliases: str) -> SupplierStatement:
    return item._replace(statement=item.statement._replace(vulnerability=vulnerability, aliases=aliases))


def test_each_statement_is_matched_possible_or_has_its_reason() -> None:
    broken = said("fixed", THING, name="broken")
    broken = broken._replace(
        statement=broken.statement._replace(binding=VexBinding(problem="names no product"), package=None)
    )
    perhaps = said("fixed", "pkg:npm/left-pad", by="Anyone", name="perhaps")
    other = said("fixed", "pkg:generic/thing@9", name="other")
    gone = said("fixed", THING, name="gone")
    items = [said("fixed", THING), broken, perhaps, other]
    found = review(
        [(item.document, item.statement) for item in (*items, gone)], items, lambda _: HITS, all_statements=9
    )
    assert (found.matched, found.idle, found.conflicts) == (1, 4, ())
    reasons = {item.document.name: (item.reason, item.possible) for item in found.unmatched}
    assert reasons == {
        "broken": ("it names no product", False),
        "perhaps": (PERHAPS, True),
        "other": (NO_COMPONENT, False),
        "gone": (UNKNOWN_SUPPLIER, False),
    }


def test_a_document_that_was_not_accepted_is_no_match() -> None:
    waiting = replace(document(), decision=IntakeDecision.QUARANTINED)
    assert of([said("fixed", THING)], [hit(of=waiting)]).matched == 0


def test_a_link_that_leads_nowhere_is_the_reason() -> None:
    item = said("fixed", THING)
    binding = VexBinding(product=VexSubject(links=("urn:cdx:x/1",)))
    located = item.product_at._replace(problem="refers to a BOM that was not accepted")
    item = item._replace(statement=item.statement._replace(binding=binding, package=None), product_at=located)
    (found,) = of([item], []).unmatched
    assert found.reason == "it refers to a BOM that was not accepted"


def test_names_join_statements_about_one_vulnerability() -> None:
    items = [
        named(said("affected", THING, name="a"), "CVE-1", "GHSA-1"),
        named(said("fixed", THING, name="b"), "osv-1", "ghsa-1"),
        named(said("fixed", PART, product=THING, name="c"), "OSV-1"),
        named(said("fixed", THING, name="d"), "CVE-2"),
    ]
    found = of(items).conflicts
    assert [(item.counts.document.name, item.loses.document.name, item.places) for item in found] == [
        ("a", "b", 2), ("a", "c", 1),
    ]  # fmt: skip
    assert found[0].place == ("pkg:generic/thing", "1.0", "pkg:npm/left-pad", "1.3.0")


def test_nothing_to_show_is_no_line_and_much_is_bounded() -> None:
    assert review_text(of([said("fixed", THING)], more=3)) == []
    items = [said("fixed", "pkg:generic/thing@9", name=f"vex{place}") for place in range(20)]
    items += [
        named(said(status, THING, name=f"{status}{place}"), f"CVE-{place}")
        for place in range(20)
        for status in ("affected", "fixed")
    ]
    found = of(items)
    text = review_text(found)
    assert "20 about nothing registered, 20 conflicts" in text[0]
    assert len(text) == 1 + 4 + 4
    assert [line for line in text if "and 17 more" in line]
    shown = review_of(found)
    assert shown["counts"] == {"matched": 40, "possible": 0, "unmatched": 20, "conflicts": 20, "not_counting": 0}
    assert (len(shown["unmatched"]), len(shown["conflicts"])) == (20, 20)


def test_hostile_text_is_shown_printable() -> None:
    item = said("fixed", "pkg:generic/thing@9", name="a\x1b[31m\nb")
    item = item._replace(statement=item.statement._replace(vulnerability="CVE-1\nCVE-2", product="\x1b" * 900))
    assert all(line.isprintable() and len(line) < 700 for line in review_text(of([item])))


def test_the_order_of_statements_does_not_matter_and_many_take_no_time() -> None:
    chance = random.Random(20261129)  # noqa: S311 - which order is drawn
    statuses = ["affected", "fixed", "not_affected"]
    items = [
        named(
            said(chance.choice(statuses), THING, name=f"vex{place}"), f"CVE-{place % 3}", "GHSA-1" if place % 3 else "x"
        )
        for place in range(40)
    ]
    first = of(items)
    chance.shuffle(items)
    again = of(items)
    assert (again.unmatched, again.matched) == (first.unmatched, first.matched)
    assert {item[:3] for item in again.conflicts} == {item[:3] for item in first.conflicts}
    begun = time.process_time()
    many = [named(said("fixed", THING, name="vex"), f"CVE-{place}", f"CVE-{place + 1}") for place in range(5000)]
    assert of(many).matched == 5000
    assert time.process_time() - begun < 5
