"""Sentences of a project's own template that claim something about its releases without a claim tag.

A sentence outside a tag is written whatever the evidence shows. It is found by its words, so a sentence that only
explains is listed too; sentences of the built-in template, and those that deny ("is not signed"), are not. A word is
denied by a "not", "no" or "never" shortly before it in the same part of the sentence. Words are compared without markup.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ops.supply_chain.assurance.documents.release_text import SLSA_CLAIMS
from ops.supply_chain.core.text import excerpt

_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`*\[(])")
_NEW_BLOCK = re.compile(r"\s*(?:[-*+] |[0-9]+[.)] |#{1,6} |> ?|\||```|~~~|$)")
_DENIAL = re.compile(
    r"(?:\b(?:not|no|never|cannot|neither|nor|without|unsigned)\b|n['\u2019]t\b)"
    r"(?!\s+(?:only|just|merely|exceptions?)\b)"
    r"(?:[^\w,;:]+[\w'\u2019-]+){0,4}[^\w,;:]*$",
    re.IGNORECASE,
)
"""Before a word: at the end of the text that precedes it."""

_MARKUP = re.compile("[*_`~\u00ad\u200b-\u200f\u2060\ufeff]")
_LEVEL = re.compile(r"\b(?:level |L)(?P<level>[0-9])\b", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->|\{#.*?#\}", re.DOTALL)
_CLAIM = re.compile(r"\{%[-+]?\s{0,9}claim\b.*?\{%[-+]?\s{0,9}endclaim\s{0,9}[-+]?%\}", re.DOTALL)
_TAG = re.compile(r"\{%.*?%\}", re.DOTALL)
_FILE = re.compile(
    r"(?<![\w/])[\w.*{}<>$-]*(?P<ending>\.(?:bundle|sigstore(?:\.json)?|sig|crt|pem|asc|intoto\.jsonl?|spdx(?:3)?\.json"
    r"|cdx\.json|openvex\.json|whl|tar\.gz|provenance))(?![\w/])"
)


class Evidence(NamedTuple):
    """What a sentence is compared with.

    `supported` says whether a claim is, `s2c2f` is the level that is reached, `files` are the names of the files of the
    release with their signatures; None where there is no release.
    """

    supported: Callable[[str], bool]
    s2c2f: int
    files: Sequence[str] | None


class UntaggedSentence(NamedTuple):
    """A sentence, the line of the template on which it begins, what it is about, and the claims to tag it with.

    `why` names what the evidence does not support; empty if it supports the sentence.
    """

    line: int
    text: str
    topic: str
    claims: tuple[str, ...]
    why: str


class _Topic(NamedTuple):
    name: str
    words: re.Pattern[str]
    claims: tuple[str, ...]


def _topic(name: str, words: str, *claims: str) -> _Topic:
    return _Topic(name, re.compile(words, re.IGNORECASE), claims)


_TOPICS = (
    _topic(
        "signatures",
        r"\bsign(?:ed|s|ing|ature|atures)?\b(?! (?:in|up|on|of|a|an)\b)|\b(?:cosign|sigstore|gpg|pgp)\b",
        "signed-releases",
    ),
    _topic("SLSA", r"\bSLSA\b", *SLSA_CLAIMS[:1]),
    _topic("S2C2F", r"\bS2C2F\b"),
    _topic("attestations", r"\battest(?:ed|ation|ations)\b", "provenance-attested"),
    _topic("provenance", r"\bprovenance\b", "provenance-published"),
    _topic(
        "reproducibility",
        r"\breproduc(?:ible|ibly|ibility)\b|\bbyte[- ](?:for[- ]byte|identical)\b|\bbit[- ]for[- ]bit\b|\bdeterministic",
        "deterministic-artifacts",
    ),
    _topic("SBOMs", r"\bSBOMs?\b|\bsoftware bill of materials\b|\bCycloneDX\b", "sbom-cyclonedx"),
    _topic("SPDX", r"\bSPDX\b", "sbom-spdx-2-3", "sbom-spdx-3"),
    _topic("VEX", r"\b(?:Open)?VEX\b", "vex-published"),
    _topic("checksums", r"\bchecksums?\b|\bSHA-?256(?:SUMS)?\b", "checksums-published"),
    _topic(
        "hashes in locks",
        r"\bhash[- ](?:pinned|locked|checked)\b|--require-hashes|\bpinned (?:by|to|with) (?:\w+ )?hash(?:es)?\b",
        "hash-pinned-locks",
    ),
    _topic("malware", r"\bmalware\b|\bmalicious packages?\b", "malware-examined"),
    _topic("vulnerabilities", r"\b(?:free of|no known) (?:known )?vulnerabilit", "no-open-vulnerabilities"),
    _topic("the daily scan", r"\b(?:daily|nightly|every day|each day)\b", "daily-scan"),
)


def untagged(template: str, builtin: str, evidence: Evidence) -> tuple[UntaggedSentence, ...]:
    """Return the sentences outside claim tags that claim something, in the order of the template.

    Args:
        template: As its author wrote it; it can be read (`template.read_template`).
        builtin: The built-in template, whose sentences need no tag.
        evidence: What to compare them with.
    """
    ours = {_plain(text) for _, text in _sentences(_outside(builtin))}
    return tuple(
        found
        for line, text in _sentences(_outside(template))
        if _plain(text) not in ours
        for found in _judged(line, text, evidence)
    )


def _judged(line: int, text: str, evidence: Evidence) -> Iterator[UntaggedSentence]:
    words = _words(_FILE.sub("", text))
    shown = excerpt(_plain(text))
    for topic in _TOPICS:
        found = list(topic.words.finditer(words))
        if all(_DENIAL.search(words[: match.start()]) for match in found):
            continue
        claims = _claims(topic, text)
        why = _level_problem(topic, text, evidence) or ", ".join(
            f"the claim {claim} is not supported" for claim in _lacking(claims, evidence)
        )
        yield UntaggedSentence(line, shown, topic.name, claims, why)
    named = {match["ending"] for match in _FILE.finditer(text) if not _DENIAL.search(text[: match.start()])}
    for ending in sorted(named):
        if evidence.files is None:
            yield UntaggedSentence(line, shown, "file names", (), "")
        elif not any(name.endswith(ending) for name in evidence.files):
            yield UntaggedSentence(line, shown, "file names", (), f"the release has no file that ends in {ending}")


def _words(text: str) -> str:
    """Return a sentence as a reader sees its words: without markup, entities and invisible characters."""
    return _MARKUP.sub("", unicodedata.normalize("NFKC", html.unescape(text)))


def _claims(topic: _Topic, text: str) -> tuple[str, ...]:
    level = _LEVEL.search(text)
    if topic.name == "SLSA" and level and 1 <= int(level["level"]) <= len(SLSA_CLAIMS):
        return (SLSA_CLAIMS[int(level["level"]) - 1],)
    return topic.claims


def _level_problem(topic: _Topic, text: str, evidence: Evidence) -> str:
    level = _LEVEL.search(text)
    if level is None:
        return ""
    if topic.name == "SLSA" and int(level["level"]) > len(SLSA_CLAIMS):
        return f"there is no SLSA Build level {level['level']}"
    if topic.name == "S2C2F" and int(level["level"]) > evidence.s2c2f:
        return f"the S2C2F level that is reached is {evidence.s2c2f}"
    return ""


def _lacking(claims: Sequence[str], evidence: Evidence) -> list[str]:
    """Return the claims that are not supported; of several forms of one fact (SPDX 2.3 and 3), one is enough."""
    lacking = [claim for claim in claims if not evidence.supported(claim)]
    either = len({claim.split("-")[0] for claim in claims}) == 1
    return [] if either and len(lacking) < len(claims) else lacking


def _outside(template: str) -> str:
    """Return the text outside claims, comments and tags, each of its lines where it was."""
    text = template.replace("\r\n", "\n")
    for part in (_COMMENT, _CLAIM, _TAG):
        text = part.sub(lambda found: "\n" * found.group().count("\n"), text)
    return text


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    start, lines = 1, list[str]()
    for number, line in enumerate(text.split("\n"), start=1):
        if _NEW_BLOCK.match(line) and lines:
            yield from _split(start, " ".join(lines))
            lines = []
        if not line.strip():
            continue
        if not lines:
            start = number
        lines.append(line.strip())
        if line.startswith("#"):
            yield from _split(start, line)
            lines = []
    yield from _split(start, " ".join(lines))


def _split(line: int, text: str) -> Iterator[tuple[int, str]]:
    for sentence in _END.split(text):
        if sentence.strip():
            yield line, sentence.strip()


def _plain(text: str) -> str:
    return " ".join(re.sub(r"^(?:[-*+>|]|[0-9]+[.)]|#{1,6}) +", "", text).split())
