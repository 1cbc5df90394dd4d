"""Which statement counts: bound to product and version, the latest of an author, the nearest of several; losers are shown."""

from __future__ import annotations

import itertools
import random
import time
from typing import NamedTuple

import pytest

from ops.supply_chain.contracts.values.registry import (
    DocumentKind,
    IntakeDecision,
    PackageName,
    RegisteredComponent,
    RegisteredDocument,
    RegisteredStatement,
    RegistryHit,
)
from ops.supply_chain.formats.purl import read_purl
from ops.supply_chain.suppliers.matching import applies
from ops.supply_chain.suppliers.statement_set import StatementSet
from ops.supply_chain.suppliers.statements import Effective, SupplierStatement, effective

CVE, GHSA = "CVE-2026-1", "GHSA-aaaa-bbbb-cccc"
SPEAKS_FOR = {
    "Acme": ("pkg:generic/thing", "pkg:generic/tool"),
    "Left": ("pkg:npm/left-pad",),
    "Anyone": (),
    "Star": ("*",),
}


def document(
    supplier: str = "Acme",
    product: str = "pkg:generic/thing",
    version: str = "1.0",
    name: str = "sbom",
    *,
    own: bool = False,
) -> RegisteredDocument:
    return RegisteredDocument(
        digest=name, kind=DocumentKind.SBOM, format="CycloneDX 1.6", supplier=supplier, product=product,
        product_version=version, ingested="2026-11-29T00:00:00Z", decision=IntakeDecision.ACCEPTED, name=name, size=1, own=own,
    )  # fmt: skip


def hit(purl: str = "pkg:npm/left-pad@1.3.0", of: RegisteredDocument | None = None) -> RegistryHit:
    found = read_purl(purl)
    assert found is not None
    package = PackageName(found.type, found.namespace, found.name)
    return RegistryHit(of or document(), RegisteredComponent(1, package, found.version), ordered=True)


def said(
    status: str,
    subject: str,
    *,
    product: str = "",
    by: str = "Acme",
    at: str = "2026-11-01",
    version: str | None = None,
    why: str = "component_not_present",
    name: str = "vex",
) -> SupplierStatement:
    """Return a statement about a package, or about a component of a product."""
    found = read_purl(subject)
    package = PackageName(found.type, found.namespace, found.name) if found else None
    stated = found.version if found and version is None else version or ""
    return SupplierStatement(
        document(by, name, "", name),
        RegisteredStatement(
            0, CVE, (GHSA,), status, why if status == "not_affected" else "", "", f"{at}T00:00:00Z" if at else "",
            product or subject, package, stated,
        ),
        SPEAKS_FOR[by],
    )  # fmt: skip


THING, PART = "pkg:generic/thing@1.0", "pkg:npm/left-pad@1.3.0"


class Case(NamedTuple):
    said: list[SupplierStatement]
    status: str = ""
    about: RegistryHit = hit()
    overridden: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()


CASES: dict[str, Case] = {
    "nothing": Case([]),
    "a product and its component": Case([said("not_affected", PART, product=THING)], "not_affected"),
    "another version of the product": Case([said("not_affected", PART, product="pkg:generic/thing@1.1")]),
    "another product": Case([said("not_affected", PART, product="pkg:generic/tool@1.0")]),
    "another version of the component": Case([said("not_affected", "pkg:npm/left-pad@1.3.1", product=THING)]),
    "every version of a component of one product": Case([said("fixed", "pkg:npm/left-pad", product=THING)], "fixed"),
    "another component": Case([said("not_affected", "pkg:npm/right-pad@1.3.0", product=THING)]),
    "the product covers its components": Case([said("not_affected", THING)], "not_affected"),
    "another version of the product as a whole": Case([said("not_affected", "pkg:generic/thing@2.0")]),
    "every version of its own product": Case([said("not_affected", "pkg:generic/thing")], "not_affected"),
    "a version that is equal in its order": Case(
        [said("fixed", "pkg:pypi/a@1.0")], "fixed", hit("pkg:pypi/a@1.0.0", document(version=""))
    ),
    "no order, another text": Case([said("fixed", "pkg:generic/a@1.0")], "", hit("pkg:generic/a@1.0.0")),
    "a range": Case([said("fixed", "pkg:npm/left-pad", version="vers:npm/>=1.2.0|<2.0.0")], "fixed"),
    "outside of a range": Case([said("fixed", "pkg:npm/left-pad", version="vers:npm/>=1.4.0|<2.0.0")]),
    "a range that cannot be decided": Case(
        [said("fixed", "pkg:npm/left-pad", version="vers:generic/>=1.2.0|<2.0.0")], possible=("fixed",)
    ),
    "a component whose version is unknown": Case(
        [said("not_affected", PART, product=THING)], "", hit("pkg:npm/left-pad"), possible=("not_affected",)
    ),
    "a product whose version is unknown": Case(
        [said("not_affected", PART, product=THING)], "", hit(of=document(version="")), possible=("not_affected",)
    ),
    "the vendor of the component about it alone": Case([said("fixed", PART, by="Left")], "fixed"),
    "every version, by its vendor": Case([said("fixed", "pkg:npm/left-pad", by="Left")], "fixed"),
    "every version, by anyone else": Case([said("fixed", "pkg:npm/left-pad", by="Anyone")], possible=("fixed",)),
    "a list of all products owns none": Case([said("fixed", "pkg:npm/left-pad", by="Star")], possible=("fixed",)),
    "a component in an own release": Case(
        [said("fixed", PART, by="Left")], "fixed", hit(of=document("", "pkg:pypi/ours", own=True))
    ),
    "a later one counts": Case(
        [said("affected", THING), said("fixed", THING, at="2026-11-02")], "fixed", overridden=("affected",)
    ),
    "an earlier one does not": Case(
        [said("fixed", THING), said("affected", THING, at="2026-11-02")], "affected", overridden=("fixed",)
    ),
    "of one time, what leaves more open": Case(
        [said("fixed", THING), said("affected", THING), said("under_investigation", THING)],
        "affected",
        conflicts=("fixed", "under_investigation"),
    ),
    "fixed before not affected": Case([said("not_affected", THING), said("fixed", THING)], "fixed", conflicts=("not_affected",)),
    "not affected without a reason is open": Case(
        [said("fixed", THING), said("not_affected", THING, why="")], "not_affected", conflicts=("fixed",)
    ),
    "without a time nothing is later": Case(
        [said("affected", THING, at=""), said("fixed", THING, at="2026-11-02")], "affected", conflicts=("fixed",)
    ),
    "the vendor of the product before that of the component": Case(
        [said("not_affected", PART, product=THING), said("affected", PART, by="Left", at="2026-11-20")],
        "not_affected",
        conflicts=("affected",),
    ),
    "the vendor of the component before a third party": Case(
        [said("not_affected", PART, by="Anyone", at="2026-11-20"), said("affected", PART, by="Left")],
        "affected",
        conflicts=("not_affected",),
    ),
    "in a product before in general": Case(
        [said("not_affected", PART, product=THING), said("affected", PART, at="2026-11-20")],
        "not_affected",
        conflicts=("affected",),
    ),
    "of third parties, what leaves more open": Case(
        [said("fixed", PART, by="Anyone", at="2026-11-20"), said("affected", PART, by="Star")],
        "affected",
        conflicts=("fixed",),
    ),
    "those that agree are no conflict": Case([said("fixed", PART, by="Left"), said("fixed", PART, product=THING)], "fixed"),
    "a subject that was not identified": Case([said("fixed", "a name")]),
}  # fmt: skip


def statuses(items: tuple[SupplierStatement, ...]) -> tuple[str, ...]:
    return tuple(sorted(item.statement.status for item in items))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_counts(case: Case) -> None:
    for order in itertools.islice(itertools.permutations(case.said), 6):
        found = effective(case.about, {CVE}, order)
        shown = (found.status, *map(statuses, (found.overridden, found.conflicts, found.possible)))
        assert shown == (case.status, case.overridden, case.conflicts, case.possible)
        assert (found.statement is None) == (found.document is None) == (case.status == "")


def test_a_statement_is_about_its_vulnerability_by_any_name_in_any_case() -> None:
    assert effective(hit(), {"cve-2026-1"}, [said("fixed", THING)]).closes
    assert effective(hit(), {"OSV-1", GHSA.lower()}, [said("fixed", THING)]).closes
    assert effective(hit(), {"CVE-2026-11"}, [said("fixed", THING)]) == Effective()


def test_what_closes() -> None:
    closing = [said("fixed", THING), said("not_affected", THING)]
    leaving = [said("affected", THING), said("under_investigation", THING), said("not_affected", THING, why="")]
    assert [effective(hit(), {CVE}, [item]).closes for item in closing + leaving] == [True] * 2 + [False] * 3
    assert not effective(hit(), {CVE}, []).closes


def test_any_order_and_any_repetition_give_the_same_answer() -> None:
    chance = random.Random(20261129)  # noqa: S311 - which cases are drawn
    subjects = [(THING, ""), (PART, THING), (PART, ""), ("pkg:npm/left-pad", ""), ("pkg:npm/left-pad", THING)]
    for _ in range(150):
        drawn = []
        for place in range(chance.randint(1, 6)):
            subject, product = chance.choice(subjects)
            status = chance.choice(["affected", "fixed", "not_affected", "under_investigation"])
            by, at = chance.choice(list(SPEAKS_FOR)), chance.choice(["", "2026-11-01", "2026-11-02"])
            drawn.append(said(status, subject, product=product, by=by, at=at, name=f"vex{place}"))
        first = effective(hit(), {CVE}, drawn)
        for _ in range(4):
            chance.shuffle(drawn)
            assert effective(hit(), {CVE}, drawn) == first
        more = effective(hit(), {CVE}, [*drawn, *drawn])
        assert (more.status, more.statement, more.document) == (first.status, first.statement, first.document)


def test_what_is_searched_is_what_every_statement_would_give() -> None:
    chance = random.Random(20261130)  # noqa: S311 - which cases are drawn
    hits = [
        hit(),
        hit(of=document(version="")),
        hit("pkg:npm/left-pad"),
        hit("pkg:npm/right-pad@1"),
        hit(of=document("Left", "x")),
    ]
    every = [item for case in CASES.values() for item in case.said]
    assert len(every) > 40
    for about in hits + [case.about for case in CASES.values()]:
        found = set(map(id, StatementSet(every).about(about, [CVE])))
        assert all(id(item) in found for item in every if applies(item, about)[1] is not False)
    searched = StatementSet(chance.sample(every, len(every)))
    assert [item.statement.stated for item in searched] == sorted(item.statement.stated for item in every)


def test_thousands_of_statements_about_thousands_of_components_take_no_time() -> None:
    statements = StatementSet(
        said("not_affected", PART, product=f"pkg:generic/thing{place}@1.0", by="Anyone", name=f"vex{place}")
        for place in range(2000)
    )
    hits = [hit(of=document(product=f"pkg:generic/thing{place}", name=f"sbom{place}")) for place in range(2000)]
    begun = time.process_time()
    assert {effective(about, {CVE}, statements).status for about in hits} == {"not_affected"}
    assert time.process_time() - begun < 3  # one by one it takes minutes
