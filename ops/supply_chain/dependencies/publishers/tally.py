"""What was looked at, counted: distinct pins, names and files over all projects of a run."""

from __future__ import annotations

from collections.abc import Sequence

from ops.supply_chain.contracts.values.attestation import Looked
from ops.supply_chain.contracts.values.lock import Pin, PinSource
from ops.supply_chain.dependencies.publishers.survey import Seen, View, Wants, attested, examined_pins

Surveyed = tuple[View, Wants, Seen]
_Key = tuple[str, str, PinSource, tuple[str, ...]]


def counts_of(surveys: Sequence[Surveyed]) -> dict[str, int]:
    """Count for the record.

    Returns:
        `locks`; `locked`, `examined` and `out_of_scope` distinct pins; `direct` dependencies and those whose
        publisher was had (`direct_examined`); `files` and those looked at (`files_examined`); `attested` pins.
    """
    pins = {_key(pin) for _, wants, _ in surveys for pin in wants.pins}
    missed = {_key(pin) for _, wants, seen in surveys for pin in wants.pins - examined_pins(wants, seen)}
    direct = {name for _, wants, _ in surveys for name in wants.names | wants.elsewhere}
    silent = {name for _, wants, seen in surveys for name in wants.names if name not in seen.current}
    silent |= {name for _, wants, _ in surveys for name in wants.elsewhere}
    looked = {
        question: attested(question, seen) for _, wants, seen in surveys for question in set(wants.questions.values())
    }
    return {
        "locks": sum(len(view.locks) for view, _, _ in surveys),
        "locked": len(pins),
        "examined": len(pins - missed),
        "out_of_scope": len({_key(pin) for _, wants, _ in surveys for pin in wants.out_of_scope} - pins),
        "direct": len(direct),
        "direct_examined": len(direct - silent),
        "files": sum(len(question.digests) for question in looked),
        "files_examined": sum(len(one.files) - len(one.of(Looked.NOT_EXAMINED)) for one in looked.values()),
        "attested": sum(bool(one.publishers) for one in looked.values()),
    }


def _key(pin: Pin) -> _Key:
    """Markers and extras make no other package."""
    return (pin.name, pin.version, pin.source, pin.hashes)
