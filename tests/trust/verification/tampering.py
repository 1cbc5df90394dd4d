"""Every kind of damage to every file of a release, as a generator of named cases; and what is harmless by design."""

from __future__ import annotations

import base64
import copy
import json
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.trust.verification.world import Release

FLIPS = 150
"""Single bits flipped in each file, at random places."""

FIELDS = 60
"""Fields edited or dropped in each document, at random places, the document written as it was."""

SEED = 20261120


BASE64 = frozenset(
    {
        "keyId",
        "rawBytes",
        "signedEntryTimestamp",
        "rootHash",
        "hashes",
        "canonicalizedBody",
        "signature",
        "digest",
        "payload",
        "sig",
        "signedTimestamp",
    }
)
"""Fields of a bundle that hold bytes."""


NUMBERS = frozenset({"logIndex", "treeSize", "integratedTime"})
"""Fields of a bundle that hold numbers, as text."""


class Case(NamedTuple):
    """What was done to which file, and the files that it changes (None takes one away)."""

    kind: str
    name: str
    changes: dict[str, bytes | None]


def cases(first: Release, second: Release) -> Iterator[Case]:
    """Every case, in a fixed order."""
    chance = random.Random(SEED)  # noqa: S311 - no secret hangs on it
    for name in sorted(first.files):
        yield from _bytes_damaged(name, first.files[name], chance)
        yield from _names_damaged(name, first)
        yield from _swapped(name, first, second)
        if name.endswith(".json"):
            yield from _written_anew(name, first.files[name])
        if name.endswith(".sigstore.json"):
            yield from _structure_damaged(name, first.files[name])
        elif name.endswith(".json"):
            yield from _fields_damaged(name, first.files[name], chance)


def detached_cases(release: Release) -> Iterator[Case]:
    """Every case of the detached signatures alone."""
    chance = random.Random(SEED)  # noqa: S311 - no secret hangs on it
    for name in sorted(release.files):
        if name.endswith((".sig", ".crt")):
            yield from _bytes_damaged(name, release.files[name], chance, flips=20)
            yield from _names_damaged(name, release)


def _bytes_damaged(name: str, data: bytes, chance: random.Random, *, flips: int = FLIPS) -> Iterator[Case]:
    for _ in range(flips):
        place, bit = chance.randrange(len(data)), chance.randrange(8)
        flipped = data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]
        yield Case(f"bit {bit} of byte {place} flipped", name, {name: flipped})
    for length in sorted({0, 1, len(data) // 3, len(data) // 2, len(data) - 2, len(data) - 1}):
        yield Case(f"cut to {length} bytes", name, {name: data[:length]})
    for more in (b"\0", b"x", b"{}", data):
        yield Case(f"extended by {more[:3]!r}", name, {name: data + more})


def _names_damaged(name: str, release: Release) -> Iterator[Case]:
    data = release.files[name]
    yield Case("removed", name, {name: None})
    for other in (
        f"x{name}",
        name.replace("small", "smali"),
        name.upper(),
        name.replace("v1.0", "V1.0"),
        f"{name}.bak",
        f"{name} ",
        f"{name}.",
        f".{name}",
        name.replace("v1.0", "v1.1"),
        name.replace("a", "\u0430", 1),  # a Cyrillic letter
        name.replace("s", "\uff53", 1),  # a full-width one
        name.replace("a", "a\u0301", 1),  # with an accent of its own
        name.replace(".", "\u200b.", 1),  # with nothing to be seen
        name.replace(".", "\u202e.", 1),  # written from right to left
    ):
        yield Case(f"renamed to {other}", name, {name: None, other: data})
        yield Case(f"added as {other}", name, {other: data})


def _swapped(name: str, first: Release, second: Release) -> Iterator[Case]:
    for other in sorted(first.files):
        if other > name and first.files[other] != first.files[name]:  # all certificates are one
            yield Case(f"swapped with {other}", name, {name: first.files[other], other: first.files[name]})
    theirs = name.replace("v1.0", "v1.1")
    if second.files[theirs] != first.files[name]:  # both have one trusted root
        yield Case("taken from the other release", name, {name: second.files[theirs]})
    signature = f"{name}.sigstore.json"
    if signature in first.files:
        both = {name: second.files[theirs], signature: second.files[f"{theirs}.sigstore.json"]}
        yield Case("taken from the other release with its signature", name, dict(both))


def _written_anew(name: str, data: bytes) -> Iterator[Case]:
    plain = json.loads(data)
    forms = {
        "compact": json.dumps(plain, separators=(",", ":")),
        "indented": json.dumps(plain, indent=4),
        "in another order": json.dumps(dict(reversed(plain.items()))),
        "escaped": json.dumps(plain, indent=2, sort_keys=True).replace("s", "\\u0073"),
        "with a line feed": data.decode() + "\n",
        "without white space at the end": data.decode().rstrip(),
        "with a field": json.dumps({**plain, "x": 1}),
        "with a key twice": '{"x": 1, "x": 2, ' + data.decode().lstrip()[1:],
    }
    for form, text in forms.items():
        if text.encode() != data:
            yield Case(f"written {form}", name, {name: text.encode()})


def _structure_damaged(name: str, data: bytes) -> Iterator[Case]:
    plain = json.loads(data)
    for path in _paths(plain):
        for what, changed in _changed(plain, path):
            if changed != plain:
                yield Case(f"{'.'.join(map(str, path))} {what}", name, {name: json.dumps(changed).encode()})
    before, after = (json.dumps(f"\n\n\u2014 {text}")[1:-1] for text in ("", "x"))  # beside a checkpoint's signature
    yield Case("name of the checkpoint's key edited", name, {name: json.dumps(plain).replace(before, after).encode()})


def _fields_damaged(name: str, data: bytes, chance: random.Random) -> Iterator[Case]:
    plain = json.loads(data)
    paths = list(_paths(plain))
    for path in chance.sample(paths, min(FIELDS, len(paths))):
        what, changed = chance.choice([one for one in _changed(plain, path) if one[1] != plain])
        written = json.dumps(changed, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        yield Case(f"{'.'.join(map(str, path))} {what}", name, {name: written.encode()})


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in steps:
        yield (*path, key)
        yield from _paths(inner, (*path, key))


def _changed(plain: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str, Any]]:
    for what in ("dropped", "null", "empty", "doubled", "edited"):
        changed = copy.deepcopy(plain)
        node = changed
        for key in path[:-1]:
            node = node[key]
        value = node[path[-1]]
        if what == "dropped":
            del node[path[-1]]
        else:
            node[path[-1]] = {
                "null": None,
                "empty": type(value)(),
                "doubled": _doubled(value),
                "edited": _edited(value),
            }[what]
        yield what, changed


def _doubled(value: Any) -> Any:
    if isinstance(value, str):
        return value + value
    return [*value, *value] if isinstance(value, list) else value


def _edited(value: Any) -> Any:
    if isinstance(value, str):
        if value.isdigit():
            return str(int(value) + 1)
        middle = len(value) // 2
        return value[:middle] + ("A" if value[middle : middle + 1] != "A" else "B") + value[middle + 1 :]
    return {**value, "x": "y"} if isinstance(value, dict) else list(reversed(value)) if isinstance(value, list) else 0


def harmless(name: str, before: bytes, after: bytes) -> str:
    """Say why a change of a bundle may be accepted; empty where it may not.

    A bundle is not signed itself: it is a wrapping around what is. It may therefore be written in another way, and
    lose what occurs twice. Everything below is named in the facts sheet (sections 1.9 and 1.13).
    """
    if not name.endswith(".sigstore.json"):
        return ""
    try:
        one, other = _meaning(json.loads(before)), _meaning(json.loads(after))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return ""
    if one == other:
        return REWRITTEN
    for reason, drop in REASONS.items():
        if drop(one) == drop(other):
            return reason
    return ""


def _meaning(bundle: Any, key: str = "") -> Any:
    """Return a bundle with every base64 text as the bytes that it stands for.

    Several texts give the same bytes, all the more because the client reads base64 leniently: characters that
    are none of its alphabet, and what follows the padding, are passed over.
    """
    if isinstance(bundle, dict):
        return {name: _meaning(value, name) for name, value in bundle.items() if value is not None}
    if isinstance(bundle, list):
        return [_meaning(value, key) for value in bundle]
    if key in NUMBERS and isinstance(bundle, str) and bundle.isdigit():
        return int(bundle)
    return base64.b64decode(bundle) if isinstance(bundle, str) and key in BASE64 else bundle


def _without(*keys: str) -> Any:
    def drop(bundle: Any) -> Any:
        if isinstance(bundle, dict):
            return {key: drop(value) for key, value in bundle.items() if key not in keys}
        return [drop(one) for one in bundle] if isinstance(bundle, list) else bundle

    return drop


def _without_names_of_keys(bundle: Any) -> Any:
    """Leave out the names on a checkpoint's signature lines: `— NAME SIGNATURE`."""
    if isinstance(bundle, dict):
        return {key: _without_names_of_keys(value) for key, value in bundle.items()}
    if isinstance(bundle, list):
        return [_without_names_of_keys(one) for one in bundle]
    if isinstance(bundle, str) and "\n\n\u2014 " in bundle:
        note, _, signatures = bundle.partition("\n\n")
        return note, [line.rpartition(" ")[2] for line in signatures.splitlines() if line.startswith("\u2014 ")]
    return bundle


REWRITTEN = "the same bundle, written in another way"
REASONS = {
    "the log's promise gives the time as well: a time stamp that is gone or broken is only passed over": _without(
        "timestampVerificationData"
    ),
    "the time stamp gives the time as well: the log's promise may be gone": _without(
        "inclusionPromise", "integratedTime"
    ),
    "the name beside a checkpoint's signature is not signed: the key's hint decides": _without_names_of_keys,
    "the digest in the bundle is a hint: the signature is over the file's": _without("messageDigest"),
}
