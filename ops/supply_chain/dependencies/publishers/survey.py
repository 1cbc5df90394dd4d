"""One project surveyed: what has to be asked for all its locks, and what the answers mean at each line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from ops.supply_chain.contracts.config.publishers import PublishersConfig
from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.attestation import FileAttestation, Looked, PinQuestion
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import Lock, LockEntry, Pin
from ops.supply_chain.contracts.values.publisher import AttestedPackage
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.publishers.attested import Attested, judge_attested
from ops.supply_chain.dependencies.publishers.metadata import Current, judge_metadata
from ops.supply_chain.dependencies.publishers.questions import direct_of, in_scope, question_of
from ops.supply_chain.dependencies.publishers.recording import attested_of

NAMED_AT_MOST = 5
NO_JSON_REASON = "the index that the lock names has no project JSON that we know"
NO_JSON_STEP = "Take these from the configured index, or set [index].url and [index].json_url to that index."
BROKEN_STEP = "Run nox -s lock, so that each is pinned with hashes."

IsDefault = Callable[[str], bool]
"""Tells of an index address of a lock whether it is the configured one."""


class View(NamedTuple):
    """A project: its locks, the baseline beside each by the lock's path, and its rules."""

    locks: tuple[Lock, ...]
    baselines: Mapping[str, PublisherBaseline | None]
    config: PublishersConfig


class Wants(NamedTuple):
    """What has to be asked for one project.

    `names` are projects of the configured index whose publishers are wanted, `elsewhere` those of other
    indexes. `pins` are all that have to be looked at: `questions` are what to ask of their files, `broken`
    why nothing can be asked. `out_of_scope` are pins that nobody publishes or that were declared to be left out.
    """

    names: frozenset[str]
    elsewhere: frozenset[str]
    pins: frozenset[Pin]
    questions: dict[Pin, PinQuestion]
    broken: dict[Pin, str]
    out_of_scope: frozenset[Pin]


class Seen(NamedTuple):
    """The answers: publishers by name, files by question, and why publishers are missing from the former."""

    current: Current
    files: Mapping[PinQuestion, tuple[FileAttestation, ...]]
    reason: str = ""
    remedy: str = ""


NOTHING_SEEN = Seen({}, {})


def wants_of(view: View, is_default: IsDefault) -> Wants:
    """Work out what to ask for a project; work grows with distinct pins."""
    pins: dict[Pin, None] = dict.fromkeys(entry.pin for lock in view.locks for entry in lock.entries)
    questions: dict[Pin, PinQuestion] = {}
    broken: dict[Pin, str] = {}
    for pin in pins:
        if not in_scope(pin) or not view.config.attestations:
            continue
        asked = question_of(pin)
        if isinstance(asked, str):
            broken[pin] = asked
        elif is_default(asked.index):
            questions[pin] = msgspec.structs.replace(asked, index="")
        else:
            questions[pin] = asked
    ours, others = _names(view, is_default)
    named = ours | others
    inside = frozenset(pin for pin in pins if in_scope(pin) and (view.config.attestations or pin.name in named))
    return Wants(ours, others, inside, questions, broken, frozenset(pins) - inside)


def judge(view: View, wants: Wants, seen: Seen) -> tuple[Finding, ...]:
    """Hold the answers against the baselines of a project, and name what was not had.

    Returns:
        Findings with path and line of each lock, then one for each part that was not examined.
    """
    found: list[Finding] = []
    memo: dict[tuple[PinQuestion, bytes], tuple[Finding, ...]] = {}
    for lock in view.locks:
        baseline = view.baselines[lock.path]
        found += judge_metadata(lock, baseline, seen.current, view.config)
        packages = attested_of(baseline)
        for entry in lock.entries:
            question = wants.questions.get(entry.pin)
            if question is not None:
                found += _at(lock, entry, _judged(question, packages.get(entry.pin.name), seen, view.config, memo))
    return (*found, *gaps(wants, seen))


def gaps(wants: Wants, seen: Seen) -> tuple[Finding, ...]:
    """Return one `publisher.not-examined` finding for each part that could not be had, with the remedy."""
    return (*_publisher_notes(wants, seen), *_file_notes(wants, seen))


def answered(seen: Seen) -> bool:
    """Tell whether anything at all was had."""
    looked = (file for files in seen.files.values() for file in files)
    return bool(seen.current) or any(file.state is not Looked.NOT_EXAMINED for file in looked)


def attested_in(lock: Lock, wants: Wants, seen: Seen) -> dict[str, list[Attested]]:
    """Return the pins of a lock whose files were asked for, by PEP 503 name."""
    found: dict[str, list[Attested]] = {}
    for pin in dict.fromkeys(entry.pin for entry in lock.entries):
        question = wants.questions.get(pin)
        if question is not None:
            found.setdefault(pin.name, []).append(attested(question, seen))
    return found


def attested(question: PinQuestion, seen: Seen) -> Attested:
    """Return the files of a pin as they were seen."""
    return Attested(question.project, question.version, seen.files.get(question, ()))


def examined_pins(wants: Wants, seen: Seen) -> frozenset[Pin]:
    """Return the distinct pins of which everything that was wanted was had."""
    silent = {name for name in wants.names if name not in seen.current} | wants.elsewhere
    return frozenset(
        pin
        for pin in wants.pins - set(wants.broken)
        if pin.name not in silent and (pin not in wants.questions or attested(wants.questions[pin], seen).examined)
    )


def _names(view: View, is_default: IsDefault) -> tuple[frozenset[str], frozenset[str]]:
    ours: set[str] = set()
    others: set[str] = set()
    for lock in view.locks:
        for name, entry in direct_of(lock).items():
            (ours if is_default(entry.pin.source.url) else others).add(name)
    # One that comes from both is asked of the configured index: that is the one whose baseline was recorded.
    return frozenset(ours), frozenset(others - ours)


def _judged(
    question: PinQuestion,
    recorded: AttestedPackage | None,
    seen: Seen,
    config: PublishersConfig,
    memo: dict[tuple[PinQuestion, bytes], tuple[Finding, ...]],
) -> tuple[Finding, ...]:
    key = (question, msgspec.json.encode(recorded) if recorded else b"")
    if key not in memo:
        memo[key] = judge_attested(attested(question, seen), recorded, config)
    return memo[key]


def _at(lock: Lock, entry: LockEntry, findings: Sequence[Finding]) -> list[Finding]:
    return [msgspec.structs.replace(one, path=lock.path, line=entry.line) for one in findings]


def _publisher_notes(wants: Wants, seen: Seen) -> list[Finding]:
    notes = []
    missing = sorted(name for name in wants.names if name not in seen.current)
    if missing:
        what = f"publishers of {len(missing)} of {len(wants.names)} projects"
        notes.append(_note(what, missing, seen.reason, seen.remedy))
    if wants.elsewhere:
        what = f"publishers of {len(wants.elsewhere)} projects of other indexes"
        notes.append(_note(what, sorted(wants.elsewhere), NO_JSON_REASON, NO_JSON_STEP))
    return notes


def _file_notes(wants: Wants, seen: Seen) -> list[Finding]:
    notes = []
    looked = {question: attested(question, seen) for question in sorted(set(wants.questions.values()))}
    silent = [one for one in looked.values() if not one.examined]
    if silent:
        first = next((file for one in silent for file in one.of(Looked.NOT_EXAMINED)), None)
        what = f"attestations of {len(silent)} of {len(looked)} pins"
        reason, remedy = (first.reason, first.remedy) if first else ("they were not asked for", "Run again.")
        notes.append(_note(what, [f"{one.name} {one.version}" for one in silent], reason, remedy))
    if wants.broken:
        named = sorted({f"{pin.name} {pin.version}".strip() for pin in wants.broken})
        what = f"attestations of {len(named)} pins"
        notes.append(_note(what, named, min(wants.broken.values()), BROKEN_STEP))
    return notes


def _note(what: str, names: Sequence[str], reason: str, remedy: str) -> Finding:
    listed = ", ".join(names[:NAMED_AT_MOST]) + (
        f" and {len(names) - NAMED_AT_MOST} more" if len(names) > NAMED_AT_MOST else ""
    )
    return Finding(
        code="publisher.not-examined",
        severity=Severity.INFO,
        message=f"{what} could not be had ({printable(listed)}): {reason}",
        next_step=remedy or "Run again.",
    )
