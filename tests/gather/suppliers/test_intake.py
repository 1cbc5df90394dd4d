"""Documents that come together are decided about as each of them alone."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.files.supplier_store import StoredDocument
from ops.supply_chain.contracts.config.suppliers import QualityProfile, SupplierEntry
from ops.supply_chain.contracts.files.supplier_document import ReceivedDocument
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.gather.suppliers import intake
from ops.supply_chain.gather.suppliers.intake import GivenTask, IntakeRules, decide, intake_rules
from ops.supply_chain.suppliers.decision import DocumentDecision
from ops.supply_chain.suppliers.documents import DocumentSignature, SignatureState
from tests.gather.suppliers.documents import THING, openvex, stated

NOW = "2026-11-29T12:00:00Z"
SUPPLIERS = (
    SupplierEntry(name="Any"),
    SupplierEntry(name="Strict", products=("pkg:generic/a*",), max_age_days=1, profile=QualityProfile.NTIA_2021),
    SupplierEntry(name="Formats", products=("pkg:generic/b",), formats=("SPDX",), vex_required=True),
)
TIMES = (
    "2026-11-29T12:00:00Z", "2026-11-28T12:00:00Z", "2026-11-28T11:59:59Z", "2026-11-28T12:00:01Z", "2026-11-29T12:59:00Z",
    "2026-11-29T13:00:01Z", "2026-10-01T00:00:00Z", "",
)  # fmt: skip


def document(chance: random.Random) -> bytes:
    if chance.random() < 0.2:
        return chance.choice(
            (b"{}", b"no document", openvex(stated("fixed", THING), timestamp=chance.choice(TIMES[:-1])))
        )
    name = chance.choice(("a", "b", "c", "a1"))
    root = {"type": "library", "name": name, "version": "1", "purl": f"pkg:generic/{name}@1", "bom-ref": "r"}
    parts = [{"type": "library", "name": f"p{at}", "bom-ref": f"p{at}"} for at in range(chance.choice((0, 1, 3)))]
    head: dict[str, Any] = {"component": root} if chance.random() < 0.8 else {}
    time = chance.choice(TIMES)
    head |= {"timestamp": time} if time else {}
    more = {"vulnerabilities": [{"id": "CVE-2026-1"}]} if chance.random() < 0.2 else {}
    return json.dumps(
        {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "metadata": head, "components": parts, **more}
    ).encode()


def task(data: bytes, number: int, supplier: str) -> GivenTask:
    record = ReceivedDocument(
        schema="supplier-document/1", sha256=sha256_bytes(data), size=len(data), ingested=NOW, name=f"{number}.json",
        supplier=supplier, signatures=(),
    )  # fmt: skip
    return GivenTask(str(number), StoredDocument(record, data, ()))


def test_a_batch_is_decided_about_as_each_document_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(37)  # noqa: S311 - seeded
    given = {document(chance): chance.choice(("", "Any", "Strict", "Formats", "Nemo")) for _ in range(100)}
    tasks = [task(data, number, supplier) for number, (data, supplier) in enumerate(given.items())]
    rules = intake_rules(tmp_path, SUPPLIERS, None)
    together = decide(rules, tasks)
    asked: list[int] = []
    whole = intake._decided_apart

    def counted(questions: list[dict[str, object]], rules: IntakeRules) -> dict[str, DocumentDecision]:
        asked.append(len(questions))
        return whole(questions, rules)

    monkeypatch.setattr(intake, "_decided_apart", counted)
    assert decide(rules.for_many(), tasks) == together
    assert 10 < asked[0] < len(tasks)
    # Each document as exact as it is, and none decided about with another one.
    monkeypatch.setattr(intake, "_decided", whole)
    monkeypatch.setattr("ops.supply_chain.suppliers.documents._whole_days", lambda seconds: seconds)
    assert decide(rules, tasks) == together
    assert len({item.entry.document.reasons for item in together}) > 15


def test_documents_that_differ_in_their_signatures_alone_are_decided_about_apart(tmp_path: Path) -> None:
    name = {"type": "library", "name": "a", "version": "1", "purl": "pkg:generic/a@1"}
    text = json.dumps(
        {"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": name}, "components": [name]}
    )
    tasks = [task(f"{text}{' ' * number}".encode(), number, "Any") for number in range(len(SignatureState))]
    states = dict(zip((given.stored.record.sha256 for given in tasks), SignatureState, strict=True))

    class Signatures:
        def verify(self, document: StoredDocument) -> DocumentSignature:
            return DocumentSignature(states[document.record.sha256])

    rules = intake_rules(tmp_path, SUPPLIERS, None)._replace(signatures=Signatures())  # type: ignore[arg-type]
    together = decide(rules, tasks)
    assert together == [decide(rules, [given])[0] for given in tasks]
    assert len({item.entry.document.reasons for item in together}) > 2
