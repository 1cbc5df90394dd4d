"""Drafts for the Transparency Exchange API (TEA): its well-known document, and the identifiers (TEI) of own releases.

Source: https://github.com/CycloneDX/transparency-exchange-api/tree/main/discovery (beta 2)
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from ops.supply_chain.contracts.base import Contract, Sha256

_NUMBER = r"(?:0|[1-9][0-9]*)"
_PART = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"

TeaUrl = Annotated[str, msgspec.Meta(pattern=r"\Ahttps://[^/?#@\s]+(?:/[^?#\s]*[^/?#\s])?\Z", max_length=2000)]
"""The address of an endpoint: https, without account, query and a slash at its end."""

TeaVersion = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"\A{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_PART}(?:\.{_PART})*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?\Z"
    ),
]
"""A version of the API: SemVer, without a `v`."""

TeaDomain = Annotated[
    str, msgspec.Meta(pattern=r"\A(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\Z", max_length=253)
]  # fmt: skip
"""A host name in lower case; an internationalised one in its ASCII form."""

Tei = Annotated[str, msgspec.Meta(pattern=r"\Aurn:tei:(?:purl|hash|uuid):[a-z0-9.-]+:\S+\Z")]
"""`urn:tei:TYPE:DOMAIN:IDENTIFIER`."""


class TeaEndpoint(Contract, frozen=True, kw_only=True):
    """One endpoint: its address, the versions of the API that it serves, and its priority, 0 to 1."""

    url: TeaUrl
    versions: Annotated[tuple[TeaVersion, ...], msgspec.Meta(min_length=1)]
    priority: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0


class TeaWellKnown(Contract, frozen=True, kw_only=True, rename="camel"):
    """`https://DOMAIN/.well-known/tea`."""

    schema_version: Literal[1] = 1
    endpoints: Annotated[tuple[TeaEndpoint, ...], msgspec.Meta(min_length=1)]


class TeiFile(Contract, frozen=True, kw_only=True):
    """A file of a release that customers have, and its identifier."""

    name: str
    sha256: Sha256
    tei: Tei


class TeiRelease(Contract, frozen=True, kw_only=True):
    """A release: the UUID that the endpoint gives as its product release, its identifiers, and those of its files.

    `queries` are the addresses that the endpoint has to answer for the release: one for each identifier and version of the API.
    """

    version: str
    uuid: str
    teis: tuple[Tei, ...]
    files: tuple[TeiFile, ...]
    queries: tuple[str, ...]


class TeiDraft(Contract, frozen=True, kw_only=True):
    """The identifiers of all intact retained releases, in order of release. It is a draft as long as no endpoint answers."""

    schema: Literal["tei-draft/1"] = "tei-draft/1"
    component: str
    domain: TeaDomain
    releases: tuple[TeiRelease, ...]
    left_out: tuple[str, ...] = ()
