"""Errors with which stages ended, as root causes: what several of them say of the same thing is one cause.

A stage that ended with an error has no findings. The policy knows only that it did not examine everything, so that its own
sentence takes the place of that denial. A service that cannot be reached is one cause, however many stages asked it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from ops.supply_chain.contracts.values.cause import CauseKind, RootCause
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.core.text import printable, sentences, without_credentials
from ops.supply_chain.risk.findings.causes import followed

MOST_STAGES = 3
"""Names of stages in the title of a cause; the others are counted."""

NOT_EXAMINED = ".not-examined"
_ERROR = "error: "
_STEP = "  next: "
_SERVICE = re.compile(
    r"(?P<name>[A-Za-z][\w ]*) (?P<origin>https?://[^/\s]+)(?:/\S*)?: (?P<why>cannot be reached|no connection in time|"
    r"no answer in time|the proxy refused|its TLS certificate is not trusted|broke off its answer|"
    r"answered with HTTP status 5\d\d)(?P<said> \([^()]*\))?"
)
"""What an adapter says of a service that gave no answer (adapters/http/failure.py)."""

_FAILED_REQUEST = re.compile(r"cannot be reached|connect error|error sending request|Connection refused|timed out")
"""How an external tool says that it reached no service."""


class StageEnds(NamedTuple):
    """What is known of the stages of a run: the code of each, and what it wrote to stderr; None where that is not known."""

    code_of: Callable[[str], int]
    messages_of: Callable[[str], str] | None


class _Message(NamedTuple):
    """What one stage says: a sentence, what it advises, and the origin of the service that gave no answer, if that is it."""

    title: str
    steps: tuple[str, ...]
    origin: str = ""


class _Merged:
    """One error with the stages that ended with it."""

    def __init__(self, message: _Message) -> None:
        self.title = message.title
        self.origin = message.origin
        self.stages: dict[str, None] = {}
        self.explained: set[str] = set()
        self.steps: dict[str, None] = {}
        self.denies = False
        self.unexamined = True

    def cause(self) -> RootCause:
        """Return it as a cause."""
        stages = list(self.stages)
        title = f"{stages[0]}: {self.title}" if len(stages) == 1 else f"{self.title} ({_named(stages)})"
        cause = failure(title, list(self.steps), denies=self.denies)
        kind = CauseKind.NOT_EXAMINED if self.unexamined else CauseKind.OTHER
        return msgspec.structs.replace(cause, kind=kind, stages=tuple(sorted(self.explained)))


def with_errors(causes: Iterable[RootCause], ended: Sequence[str], stages: StageEnds) -> tuple[list[RootCause], int]:
    """Return the causes of a run with those that no record has.

    Args:
        causes: Those of its records and verdicts.
        ended: The stages that did not pass.
        stages: What is known of them.
    Returns:
        All causes: malware and vulnerabilities, errors, the rest; and the number of the first two. No denial is lost: a
        cause of the policy is replaced only where errors explain every stage in it.
    """
    merged: dict[str, _Merged] = {}
    kept = [cause for cause in causes if not _replaced(cause, stages, merged)]
    explained = {stage for cause in kept for stage in cause.stages}.union(*(each.explained for each in merged.values()))
    decided = bool(merged) or any(cause.denies for cause in kept)
    for stage in ended:
        if stage in explained or (stage == "evaluate_policy" and decided):
            continue
        unsaid = "did not pass, and left no message" if stages.messages_of else "did not pass: its messages are above"
        message = _of(stage, stages)
        if message.title:
            _add(merged, message, stage, stages)
        else:  # nothing says that two of them ended for the same reason
            _add(merged, _Message(unsaid, message.steps), stage, stages, key=stage)
    errors = []
    for each in merged.values():
        # An external tool that reached the same service neither says so in words of its own.
        same = [cause for cause in kept if each.origin and _is_about(cause, each.origin)]
        kept = [cause for cause in kept if cause not in same]
        errors.append(_joined(each, same))
    first = sum(cause.kind in (CauseKind.MALWARE, CauseKind.VULNERABILITY) for cause in kept)
    return [*kept[:first], *errors, *kept[first:]], first + len(errors)


def failure(title: str, steps: Sequence[str], *, denies: bool = True) -> RootCause:
    """Return a cause that no record has.

    Args:
        title: A sentence without its full stop.
        steps: What to do.
        denies: False for something that could not be examined, and denies nothing by itself.
    """
    return RootCause(
        kind=CauseKind.OTHER,
        title=printable(without_credentials(title)),
        severity=Severity.INFO,
        findings=(),
        stages=(),
        denials=int(denies),
        locations=(),
        places=0,
        steps=tuple(printable(without_credentials(step)) for step in steps),
    )


def _replaced(cause: RootCause, stages: StageEnds, merged: dict[str, _Merged]) -> bool:
    """Add the errors of the stages that a denial is about; return whether they explain all of it."""
    if cause.findings:
        return False
    said = {stage: _of(stage, stages) for stage in cause.stages if _has_error(stage, stages)}
    other = set(cause.stages).difference(said)
    if not said or any(followed(stage) not in said for stage in other):
        return False
    for stage, message in said.items():
        found = _add(merged, message, stage, stages)
        found.denies = True
        found.explained.update(follower for follower in other if followed(follower) == stage)
    return True


def _add(merged: dict[str, _Merged], message: _Message, stage: str, stages: StageEnds, *, key: str = "") -> _Merged:
    """Add the message of a stage to the error that it has in common with others: the same service, or the same words."""
    found = merged.setdefault(key or message.origin or message.title, _Merged(message))
    unexamined = stages.code_of(stage) == ExitCode.NOT_EXAMINED
    found.stages[stage] = None
    found.explained.add(stage)
    found.steps.update(dict.fromkeys(sentence for step in message.steps for sentence in sentences(step)))
    found.denies = found.denies or not unexamined
    found.unexamined = found.unexamined and unexamined
    return found


def _has_error(stage: str, stages: StageEnds) -> bool:
    messages = stages.messages_of(stage) if stages.messages_of else ""
    return any(line.startswith(_ERROR) for line in messages.splitlines())


def _of(stage: str, stages: StageEnds) -> _Message:
    """Return the error that a stage printed, and what it advises; else its last line."""
    lines = without_credentials(stages.messages_of(stage) if stages.messages_of else "").splitlines()
    steps = tuple(line.removeprefix(_STEP).strip() for line in lines if line.startswith(_STEP))
    errors = [line.removeprefix(_ERROR) for line in lines if line.startswith(_ERROR)]
    if not errors:
        return _Message(lines[-1].strip().removeprefix("note: ") if lines else "", steps)
    title = errors[0].rstrip(": ")
    service = None if errors[0].endswith(":") else _SERVICE.search(title)
    if service is None:
        return _Message(title, steps)
    said = service["said"] or ""
    return _Message(f"{service['name'].strip()} {service['origin']}: {service['why']}{said}", steps, service["origin"])


def _is_about(cause: RootCause, origin: str) -> bool:
    """Return whether each finding of a cause is that something was not examined because a service was not reached."""
    address = re.compile(rf"{re.escape(origin)}(?![\w.:-])")
    return bool(cause.findings) and all(
        finding.code.endswith(NOT_EXAMINED)
        and address.search(finding.message)
        and _FAILED_REQUEST.search(finding.message)
        for finding in cause.findings
    )


def _joined(merged: _Merged, same: Sequence[RootCause]) -> RootCause:
    merged.stages.update(dict.fromkeys(stage for cause in same for stage in cause.stages))
    merged.explained.update(merged.stages)
    cause = merged.cause()
    return msgspec.structs.replace(
        cause,
        findings=tuple(finding for each in same for finding in each.findings),
        denials=cause.denials + sum(each.denials for each in same),
    )


def _named(stages: Sequence[str]) -> str:
    left = len(stages) - MOST_STAGES
    return ", ".join(stages[:MOST_STAGES]) + (f", +{left}" if left > 0 else "")
