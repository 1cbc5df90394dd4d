"""One requirement of a requirements file: name, version, hashes, marker, extras, address.

Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/ and PEP 508.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from ops.supply_chain.contracts.values.lock import DEFAULT_INDEX, Pin, PinSourceKind
from ops.supply_chain.core.names import normalise
from ops.supply_chain.dependencies.locks.errors import MalformedLockError
from ops.supply_chain.dependencies.locks.names import NAME_PATTERN, is_version, normal_extras, normal_marker, quote
from ops.supply_chain.dependencies.locks.pins import CACHED_PINS, KnownPin, share
from ops.supply_chain.dependencies.locks.rules import Hashes, problems_of, sort_hashes, unnamed
from ops.supply_chain.dependencies.locks.sources import (
    ARCHIVE_SUFFIXES,
    Address,
    guessed_name,
    is_address,
    read_address,
)

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_HEAD = rf"(?P<name>{NAME_PATTERN})\s*(?:\[(?P<extras>[^\]\[]*)\]\s*)?"
_PINNED = re.compile(_HEAD + r"(?P<operator>===?)\s*(?P<version>[^\s;,*=]+)\s*(?:;(?P<marker>.*))?")
_NAMED_ADDRESS = re.compile(_HEAD + r"@\s*(?P<address>\S+)(?:\s+;(?P<marker>.*))?")
_BARE_ADDRESS = re.compile(r"(?P<address>\S+?)(?P<extras>\[[^\]\[/]*\])?(?:\s*;(?P<marker>\s.*))?")
_OPTIONS = re.compile(r"\s+(?=-)")
_HASH = "--hash="
_HASH_FLAGS = ("--hash", "--has", "--ha", "--h")
"""pip takes an option's name shortened, as long as no other begins so."""

_QUOTING = re.compile(r"[\"'\\]")
_BUILD_OPTIONS = (
    "--global-option",
    "--install-option",
    "--build-option",
    "--config-settings",
    "--config-setting",
    "-C",
)
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
LONGEST_REQUIREMENT = 16384
"""Characters without options; the longest markers that uv writes have some thousand."""

LONGEST_OPTIONS = 65536
"""Characters of options that are not hashes alone; those may be any number."""

_PLACEHOLDER = "0+variable"


@lru_cache(maxsize=CACHED_PINS)
def read_requirement(text: str, *, editable: bool = False) -> KnownPin:
    """Read a requirement with its options; the same text gives the same object.

    Args:
        text: One logical line, comments gone, not empty; without `-e`.
        editable: It stood behind `-e`.
    Raises:
        MalformedLockError: It is no requirement.
    """
    stated, *options = _OPTIONS.split(text, maxsplit=1)
    if len(stated) > LONGEST_REQUIREMENT:
        raise MalformedLockError(
            f"expected a requirement of at most {LONGEST_REQUIREMENT} characters, found {len(stated)}"
        )
    hashes = _hashes(options[0]) if options else ()
    written = sort_hashes(hashes)
    try:
        pin = None if editable else _pinned(stated, written)
        if pin is None:
            return _addressed(stated, hashes, editable=editable) or _general(stated, hashes)
    except ValueError as error:
        raise MalformedLockError(str(error)) from error
    return share(pin, written)


def _pinned(text: str, written: Hashes) -> Pin | None:
    match = _PINNED.fullmatch(text)
    if match is None or "${" in match["version"]:
        return None
    if match["operator"] == "==" and not is_version(match["version"]):
        raise MalformedLockError(
            f"{match['name']}: expected a PEP 440 version after ==, found {quote(match['version'])}"
        )
    return Pin(
        name=normalise(match["name"]),
        written_name=match["name"],
        version=match["version"],
        hashes=written.usable,
        marker=normal_marker(match["marker"] or ""),
        extras=normal_extras((match["extras"] or "").split(",")),
    )


def _addressed(text: str, hashes: Sequence[str], *, editable: bool) -> KnownPin | None:
    named = None if editable else _NAMED_ADDRESS.fullmatch(text)
    bare = _BARE_ADDRESS.fullmatch(text) if named is None else None
    match = named or bare
    if match is None or not (editable or is_address(match["address"]) or _is_path(match["address"])):
        return None
    address = read_address(match["address"], editable=editable)
    name = named["name"] if named else address.name or guessed_name(address.source)
    extras = [*(match["extras"] or "").strip("[]").split(","), *address.extras]
    written = sort_hashes([*hashes, *address.hashes])
    pin = Pin(
        name=normalise(name),
        written_name=name,
        version=address.version if normalise(address.name or name) == normalise(name) else "",
        hashes=written.usable,
        source=address.source,
        marker=normal_marker(match["marker"] or ""),
        extras=normal_extras(extras),
        local=_is_local(address),
    )
    problems = problems_of(pin, written)
    return KnownPin(pin, problems if named or address.name or pin.local else (*problems, unnamed(pin)))


def _is_local(address: Address) -> bool:
    # A folder of this machine is not the project's: nothing in the lock fixes what is in it.
    absolute = address.source.url.lower().removeprefix("file:").removeprefix("//").startswith(("/", "~"))
    return address.source.kind is PinSourceKind.PATH and not address.is_file and not absolute


def _is_path(text: str) -> bool:
    return text.startswith((".", "~", "${")) or "/" in text or "\\" in text or text.lower().endswith(ARCHIVE_SUFFIXES)


def _general(text: str, hashes: Sequence[str]) -> KnownPin:
    parsed = _parse(text)
    written = sort_hashes(hashes)
    pin = Pin(
        name=normalise(parsed.name),
        written_name=parsed.name,
        version=_exact(parsed),
        hashes=written.usable,
        source=DEFAULT_INDEX,
        marker=normal_marker(str(parsed.marker or "")),
        extras=normal_extras(parsed.extras),
    )
    return share(pin, written)._replace(specifier="" if pin.version else str(parsed.specifier))


def _parse(text: str) -> Requirement:
    from packaging.requirements import InvalidRequirement, Requirement

    # A variable is known only at installation, so it is not an exact version.
    if _NAMED_ADDRESS.fullmatch(text):
        raise MalformedLockError(f"expected a URL after @, found {quote(text)}")
    try:
        return Requirement(_VARIABLE.sub(_PLACEHOLDER, text))
    except (InvalidRequirement, RecursionError) as error:
        raise MalformedLockError(
            f"expected a requirement (name==version, an address, a path) or an option, found {quote(text)}"
        ) from error


def _exact(parsed: Requirement) -> str:
    versions = {
        specifier.version
        for specifier in parsed.specifier
        if specifier.operator in ("==", "===") and not specifier.version.endswith(".*")
    }
    return versions.pop() if len(versions) == 1 and _PLACEHOLDER not in versions else ""


def _hashes(options: str) -> tuple[str, ...]:
    # Almost all are plain hashes: those need no shell's rules, which are slow.
    words = [] if _QUOTING.search(options) else options.replace("--hash ", _HASH).split()
    if words and all(word.startswith(_HASH) for word in words):
        return tuple(word[len(_HASH) :] for word in words)
    return tuple(_option_hashes(iter(split_options(options))))


def split_options(options: str) -> list[str]:
    """Split options as a shell does.

    Raises:
        MalformedLockError: A quote is not closed, or they are too long.
    """
    if len(options) > LONGEST_OPTIONS:
        raise MalformedLockError(f"expected options of at most {LONGEST_OPTIONS} characters, found {len(options)}")
    try:
        return shlex.split(options)
    except ValueError as error:
        raise MalformedLockError(f"expected options, found {quote(options)}: {error}") from error


def _option_hashes(words: Iterable[str]) -> Iterable[str]:
    remaining = iter(words)
    for word in remaining:
        flag, equals, value = word.partition("=")
        if flag not in _HASH_FLAGS and not flag.startswith(_BUILD_OPTIONS):
            raise MalformedLockError(f"expected an option of a requirement such as --hash, found {quote(word)}")
        if not equals and flag in (*_BUILD_OPTIONS, *_HASH_FLAGS):
            value = next(remaining, "")
        if flag in _HASH_FLAGS:
            yield value
