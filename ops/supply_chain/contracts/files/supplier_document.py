"""`received.json` next to the original bytes of a document from a supplier: when and as what it came, and its signatures.

`data/artifacts/suppliers/sha256/ab/DIGEST/received.json`. Everything else that is known of the document follows from its
bytes, these signatures and the configuration.

Source: docs/suppliers.md
"""

from __future__ import annotations

from typing import Literal

from ops.supply_chain.contracts.base import Contract, Count, Sha256, Timestamp


class StoredSignature(Contract, frozen=True, kw_only=True):
    """A file that came with the document and may sign it: its name there, and its content by digest."""

    name: str
    sha256: Sha256
    size: Count


class ReceivedDocument(Contract, frozen=True, kw_only=True, omit_defaults=True):
    """One document: the digest and size of its bytes, the time at which they first came, the name of the file then.

    `supplier` is the name that was stated when it came, empty if none was. `source` is the address that it was downloaded
    from, without user, password and query; empty for a file.
    """

    schema: Literal["supplier-document/1"]
    sha256: Sha256
    size: Count
    ingested: Timestamp
    name: str
    supplier: str = ""
    source: str = ""
    signatures: tuple[StoredSignature, ...] = ()
