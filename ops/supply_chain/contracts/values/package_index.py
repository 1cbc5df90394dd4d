"""Responses of a package index, whatever their format.

Source: https://packaging.python.org/en/latest/specifications/simple-repository-api/ (1.4);
the project JSON of https://docs.pypi.org/api/json/.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.contracts.values.lock import Pin


class IndexFile(msgspec.Struct, frozen=True, kw_only=True):
    """One distribution file that an index serves.

    `url` is absolute, without fragment, user or password; its query may contain a token, so it is
    shown only through `core.text.without_credentials`. `hashes` are
    `<algorithm>:<lower-case hex>`, sorted. `upload_time` is the index's own text, empty if it publishes
    none. `core_metadata` is the `<algorithm>:<hex>` of `<url>.metadata`, or True (there is one), False (there is
    none), None (not published). `provenance` is the address of the PEP 740 object, or empty.
    """

    filename: str
    url: str
    hashes: tuple[str, ...] = ()
    size: int | None = None
    requires_python: str = ""
    upload_time: str = ""
    yanked: bool = False
    yanked_reason: str = ""
    core_metadata: str | bool | None = None
    provenance: str = ""


class ProjectListing(msgspec.Struct, frozen=True, kw_only=True):
    """One project's page of the simple API.

    `name` is the PEP 503 form. `files` keep the index's order. `status` is a PEP 792 word
    (`active`, `archived`, `quarantined`, `deprecated`), `active` if the page contains none; `status_told`
    is False if the page's format cannot contain a status (plain PEP 503), so that `active` is only an assumption.
    """

    name: str
    files: tuple[IndexFile, ...]
    status: str = "active"
    status_reason: str = ""
    status_told: bool = False
    api_version: str = ""


class WheelMetadata(NamedTuple):
    """The core metadata of a wheel: its own, and what the index serves as such (PEP 658).

    `inside` is the METADATA in the wheel's bytes. `beside` is `<url>.metadata`, None where there is none. `announced` is the
    `<algorithm>:<hex>` that the page has for it, or empty. `problem` is why one of them could not be read, and `remedy`
    what to do; empty where both were.
    """

    inside: bytes = b""
    beside: bytes | None = None
    announced: str = ""
    problem: str = ""
    remedy: str = ""


class PageAddress(NamedTuple):
    """Address of a project's page.

    `home` is the index as a lock or the configuration names it, empty for the default index; `name` the project's
    PEP 503 name.
    """

    home: str
    name: str


class ProjectInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Publisher metadata of a project, from its newest release; an absent value is empty.

    `project_urls` are (label, url), sorted.
    """

    name: str
    version: str
    author: str = ""
    author_email: str = ""
    maintainer: str = ""
    maintainer_email: str = ""
    home_page: str = ""
    project_urls: tuple[tuple[str, str], ...] = ()


class MetadataAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Core metadata of many pins.

    Every requested pin is either in `found`, in the order of the request, or in `missing`, which is sorted by name
    and version and gives the reason in one sentence: a property of the index or the pin, never a failed request.
    """

    found: dict[Pin, CoreMetadata]
    missing: tuple[tuple[Pin, str], ...]
