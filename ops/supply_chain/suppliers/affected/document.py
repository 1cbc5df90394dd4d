"""The answer for programs: everything that was found, and what was not searched."""

from __future__ import annotations

from typing import Any

import msgspec

from ops.supply_chain.suppliers.affected.model import Answer, PlaceStatus
from ops.supply_chain.suppliers.affected.screen import next_steps, verdict

SCHEMA = "affected/1"


def document(answer: Answer) -> dict[str, Any]:
    """Return the whole answer as plain data."""
    decided = verdict(answer)
    plain = msgspec.to_builtins(answer)
    places = plain.pop("places")
    del plain["options"]
    plain["problems"] = [problem._asdict() for problem in answer.problems]
    plain["others"] = [other._asdict() for other in answer.others]
    plain["feeds"] = [feed._asdict() for feed in answer.feeds]
    plain["searched"] = answer.searched._asdict()
    return {
        "schema": SCHEMA,
        "outcome": decided.outcome.value,
        "verdict": decided.text,
        "next": list(dict.fromkeys(next_steps(answer))),
        "places": places,
        **plain,
    }


def counts(answer: Answer) -> dict[str, int]:
    """Return how many places have each status, and how much was searched."""
    statuses = {status.value: len(answer.of(status)) for status in PlaceStatus}
    return {**statuses, "problems": len(answer.problems), **answer.searched._asdict()}
