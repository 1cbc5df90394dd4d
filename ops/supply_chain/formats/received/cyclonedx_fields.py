"""The fields that objects of CycloneDX have in common: digests, licences, parties, references, properties.

Most objects of a document have the plainest form, and a document has many: each field has a short way for that form, and the
whole one, which names defects, for everything else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.supply_chain.contracts.values.received_sbom import (
    DefectKind,
    SbomDigest,
    SbomLicence,
    SbomParty,
    SbomReference,
    SbomTool,
)
from ops.supply_chain.formats.received.collect import Collector, Table, kept, plain_digests

_LISTS = ("swhid", "omniborId")
_TWO = 2


class FieldReader:
    """Reads fields of one document.

    Args:
        collector: Takes the defects.
    """

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._licence_by_id: dict[str, tuple[SbomLicence, ...]] = {}
        self._licence_of: dict[SbomLicence, SbomLicence] = {}
        self._party_of: dict[SbomParty, SbomParty] = {}

    def identifiers(self, node: Table, at: str) -> tuple[tuple[str, str], ...]:
        """Return identifiers other than package URL and CPE: (kind, value)."""
        found = []
        for key in _LISTS:
            if key in node:
                found += [(key.lower(), text) for text in self._collector.texts(node, key, at)]
        if "swid" in node:
            tag = self._collector.text(self._collector.table(node, "swid", at), "tagId", at)
            found += [("swid", tag)] if tag else []
        return tuple(found)

    def component_authors(self, node: Table, at: str) -> tuple[SbomParty, ...]:
        """Return the authors and the publisher of a component."""
        if not ("authors" in node or "author" in node or "publisher" in node):
            return ()
        found = [self.party(row, here, "person") for here, row in self._collector.rows(node, "authors", at)]
        for key in ("author", "publisher"):
            name = self._collector.text(node, key, at)
            found.append(SbomParty(name) if name else None)
        return tuple(party for party in found if party is not None)

    def digests(self, node: Table, key: str, at: str) -> tuple[SbomDigest, ...]:
        """Return the digests of an array field that the object has."""
        plain = plain_digests(node[key])
        if plain is not None:
            return plain
        found = []
        for here, row in self._collector.rows(node, key, at):
            digest = self._collector.digest(
                self._collector.text(row, "alg", here), self._collector.text(row, "content", here), here
            )
            if digest is not None:
                found.append(digest)
        return tuple(found)

    def licences(self, node: Table, at: str) -> tuple[SbomLicence, ...]:
        """Return the licences of an object that has some."""
        rows = node["licenses"]
        if rows.__class__ is list and len(rows) == 1:  # nearly all: one licence, by its identifier
            known = self._licence_by_id.get(_only_text(_only_table(rows[0], "license"), "id"))
            if known is not None:
                return known
        collector, found = self._collector, []
        for here, row in collector.rows(node, "licenses", at):
            licence = collector.table(row, "license", here) if "license" in row else row
            expression = collector.text(licence, "id", here) or collector.text(row, "expression", here)
            name = collector.text(licence, "name", here)
            basis = collector.text(licence, "acknowledgement", here)
            if expression or name:
                stated = SbomLicence(expression, name, basis)
                found.append(self._licence_of.setdefault(stated, stated))  # few licences, of many components
            else:
                collector.defect(DefectKind.MISSING, here, "expected an id, a name or an expression, found none")
        stated_all = tuple(found)
        only = (
            _only_text(_only_table(rows[0], "license"), "id")
            if rows.__class__ is list and len(stated_all) == len(rows) == 1
            else ""
        )
        if only:
            self._licence_by_id[only] = stated_all
        return stated_all

    def references(self, node: Table, at: str) -> tuple[SbomReference, ...]:
        """Return the external references of an object that has some."""
        collector, found = self._collector, []
        plain = _plain_pairs(node["externalReferences"], "type", "url")
        if plain is not None:
            return tuple(SbomReference(kind, url) for kind, url in plain)
        for here, row in collector.rows(node, "externalReferences", at):
            digests = self.digests(row, "hashes", here) if "hashes" in row else ()
            found.append(SbomReference(collector.text(row, "type", here), collector.text(row, "url", here), digests))
        return tuple(found)

    def properties(self, node: Table, at: str) -> Iterator[tuple[str, str]]:
        """Return the properties that a profile or a match needs."""
        plain = _plain_pairs(node.get("properties"), "name", "value")
        if plain is not None:
            return kept(plain)
        rows = self._collector.rows(node, "properties", at)
        return kept(
            (self._collector.text(row, "name", here), self._collector.text(row, "value", here)) for here, row in rows
        )

    def organisation(self, node: Table, key: str, at: str) -> SbomParty | None:
        """Return the organisation of a field; None where there is none."""
        value = node.get(key)
        if value is None:
            return None
        if isinstance(value, str):  # documents that are in use have a plain name here
            self._collector.unread(f"{at}/{key}", "an object", value)
            return SbomParty(value, "organization")
        return self.party(self._collector.table(node, key, at), f"{at}/{key}", "organization")

    def party(self, node: Table, at: str, kind: str) -> SbomParty | None:
        """Return a person or an organisation; None where nothing of it is given."""
        collector = self._collector
        only = _only_text(node, "name")
        if only:
            party = SbomParty(only, kind)
            return self._party_of.setdefault(party, party)
        name, email = collector.text(node, "name", at), collector.text(node, "email", at)
        urls = collector.texts(node, "url", at) if "url" in node else []
        if not email and "contact" in node:
            emails = [collector.text(row, "email", here) for here, row in collector.rows(node, "contact", at)]
            email = next(filter(None, emails), "")
        if not (name or email or urls):
            return None
        party = SbomParty(name, kind, email, urls[0] if urls else "")
        return self._party_of.setdefault(party, party)

    def tools(self, node: Table) -> Iterator[SbomTool]:
        """Yield the tools of the metadata, in both forms."""
        if isinstance(node.get("tools"), list):  # the form before 1.5
            rows = self._collector.rows(node, "tools", "/metadata")
        else:
            table = self._collector.table(node, "tools", "/metadata")
            rows = [
                row for key in ("components", "services") for row in self._collector.rows(table, key, "/metadata/tools")
            ]
        for here, row in rows:
            yield SbomTool(self._collector.text(row, "name", here), self._collector.text(row, "version", here))


def _plain_pairs(rows: Any, first: str, second: str) -> list[tuple[str, str]] | None:
    """Return two text fields of each object of an array, if all objects have just these; None where one is different."""
    if rows.__class__ is not list:
        return None
    found = []
    for row in rows:
        if row.__class__ is not dict or len(row) != _TWO:
            return None
        left, right = row.get(first), row.get(second)
        if left.__class__ is not str or right.__class__ is not str:
            return None
        found.append((left, right))
    return found


def _only_table(node: Any, key: str) -> Any:
    """Return the object that is the one field of an object; None for anything else."""
    return node.get(key) if node.__class__ is dict and len(node) == 1 else None


def _only_text(node: Any, key: str) -> str:
    """Return the text that is the one field of an object; empty for anything else."""
    value = node.get(key) if node.__class__ is dict and len(node) == 1 else None
    return value if isinstance(value, str) else ""


def signature_gaps(signature: object) -> Iterator[str]:
    """Yield what a signature inside a document (JSF) lacks, one sentence for each signer.

    Source: https://cyclonedx.org/docs/1.6/json/#signature
    """
    if not isinstance(signature, dict):
        return
    several = next((signature[key] for key in ("signers", "chain") if isinstance(signature.get(key), list)), None)
    for signer in [signature] if several is None else several:
        missing = [key for key in ("algorithm", "value") if not (isinstance(signer, dict) and signer.get(key))]
        if missing:
            yield f"the signature has no {' and no '.join(missing)}"
        elif not any(signer.get(key) for key in ("publicKey", "certificatePath")):
            yield "the signature has no publicKey and no certificatePath: nothing shows whose it is"
