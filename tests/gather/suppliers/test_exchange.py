"""What a reading process packs comes out whole at the registering one, whatever was sent before."""

from __future__ import annotations

import random

import msgspec
import pytest
from msgspec.structs import replace

from ops.supply_chain.contracts.values.registry import RegistryEntry
from ops.supply_chain.gather.suppliers import exchange
from ops.supply_chain.gather.suppliers.exchange import Parcel, Receiver, Sender
from ops.supply_chain.gather.suppliers.intake import DecidedDocument
from tests.adapters.registry.entries import drawn_entry, entry


def compared(document: DecidedDocument) -> tuple[str, RegistryEntry, object]:
    bare = replace(document.entry, components=(), listed=())
    return document.place, bare, document.entry.versions()


@pytest.mark.parametrize("most", [500_000, 3])
def test_documents_come_out_as_they_went_in(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MOST_NUMBERED", most)
    chance = random.Random(1)  # noqa: S311 - seeded
    sender, receiver = Sender(), Receiver()
    for number in range(6):
        sent = [DecidedDocument(str(at), drawn_entry(chance, f"{number}-{at}")) for at in range(number)]
        sent.append(DecidedDocument("whole", entry(str(number))))
        parcel = msgspec.msgpack.decode(msgspec.msgpack.encode(sender.pack(sent)), type=Parcel)
        assert list(map(compared, receiver.unpack(parcel))) == list(map(compared, sent))


def test_what_was_sent_before_is_not_sent_again() -> None:
    sender = Sender()
    first, second = (sender.pack([DecidedDocument("x", entry())]) for _ in range(2))
    assert len(first.versions) > 0
    assert len(first.digests) > 0
    assert (second.versions, second.digests) == ([], [])
    with pytest.raises(ValueError, match="missing"):
        Receiver().unpack(second)
