"""Which package index a name means: an entry of `[[indexes]]`, with the public addresses for `pypi` and `testpypi`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ops.supply_chain.contracts.config.indexes import PublishIndex
from ops.supply_chain.core.addresses import (
    INDEX_URL,
    INTEGRITY_URL,
    OIDC_URL,
    TEST_INDEX_URL,
    TEST_INTEGRITY_URL,
    TEST_OIDC_URL,
    TEST_UPLOAD_URL,
    UPLOAD_URL,
)
from ops.supply_chain.core.errors import ErrorClass, UsageError

CLOSES_AFTER_DAYS = 14
"""PyPI and TestPyPI take no new file for an older release: https://github.com/pypi/warehouse/pull/19727"""

PUBLIC = (
    PublishIndex(
        name="pypi",
        upload_url=UPLOAD_URL,
        simple_url=INDEX_URL,
        integrity_url=INTEGRITY_URL,
        oidc_url=OIDC_URL,
        closes_after_days=CLOSES_AFTER_DAYS,
    ),
    PublishIndex(
        name="testpypi",
        upload_url=TEST_UPLOAD_URL,
        simple_url=TEST_INDEX_URL,
        integrity_url=TEST_INTEGRITY_URL,
        oidc_url=TEST_OIDC_URL,
        closes_after_days=CLOSES_AFTER_DAYS,
    ),
)


def index_named(name: str, configured: Sequence[PublishIndex]) -> PublishIndex:
    """Return the index that a name means, with every default in its place.

    Args:
        name: As on the command line.
        configured: `[[indexes]]`.
    Raises:
        UsageError: No such index, one that is configured twice or incompletely, or one that cannot serve attestations.
    """
    entries = [entry for entry in configured if entry.name == name]
    known = {entry.name: entry for entry in PUBLIC}
    if len(entries) > 1 or not (entries or name in known):
        names = ", ".join(sorted({*known, *(entry.name for entry in configured)}))
        problem = "two entries have the name" if entries else "no package index has the name"
        raise _wrong(f"{problem} {name!r}", f"Known: {names}. Others need an entry of [[indexes]].")
    chosen = _merged(known.get(name, PublishIndex(name=name)), entries[0] if entries else None)
    for key in ("upload_url", "simple_url"):
        if not getattr(chosen, key):
            raise _wrong(f"[[indexes]] {name!r} has no {key}", "See docs/package-index.md.")
    if chosen.attestations and not (chosen.integrity_url and chosen.oidc_url):
        text = f"[[indexes]] {name!r} has attestations = true and no integrity_url or no oidc_url"
        raise _wrong(text, "An index takes attestations by Trusted Publishing alone, and serves them there.")
    return chosen


def _merged(public: PublishIndex, entry: PublishIndex | None) -> PublishIndex:
    fields = ("upload_url", "simple_url", "integrity_url", "oidc_url", "attestations", "closes_after_days")
    given = {key: getattr(entry, key) for key in fields if entry and getattr(entry, key) not in ("", None)}
    if entry and entry.upload_url and entry.upload_url != public.upload_url:
        public = PublishIndex(name=public.name)  # nothing of the public index describes another service
    whole = msgspec.structs.replace(public, **given)
    attests = whole.attestations if whole.attestations is not None else bool(whole.integrity_url and whole.oidc_url)
    return msgspec.structs.replace(whole, attestations=attests, closes_after_days=whole.closes_after_days or 0)


def _wrong(text: str, hint: str) -> UsageError:
    return UsageError(text, hint=hint, kind=ErrorClass.CONFIGURATION)
