"""A project's JSON, read for who publishes it.

Source: https://docs.pypi.org/api/json/ (`info`).
"""

from __future__ import annotations

import msgspec

from ops.supply_chain.adapters.http.failure import Failed
from ops.supply_chain.contracts.values.package_index import ProjectInfo
from ops.supply_chain.core.names import normalise

JSON_TYPES = frozenset({"application/json", "application/vnd.pypi.simple.v1+json"})


class _Info(msgspec.Struct):
    name: str
    version: str
    author: str | None = None
    author_email: str | None = None
    maintainer: str | None = None
    maintainer_email: str | None = None
    home_page: str | None = None
    project_urls: dict[str, str | None] | None = None


class _Document(msgspec.Struct):
    info: _Info


def read_project(body: bytes, name: str) -> ProjectInfo:
    """Read the publisher's fields.

    Args:
        body: The whole document.
        name: The requested project, in PEP 503 form.
    Raises:
        Failed: It is not such a document, or another project's.
    """
    try:
        info = msgspec.json.decode(body, type=_Document).info
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Failed(f"answered with malformed JSON ({error})") from None
    if normalise(info.name) != name:
        raise Failed("answered for another project")
    return ProjectInfo(
        name=info.name,
        version=info.version,
        author=_known(info.author),
        author_email=_known(info.author_email),
        maintainer=_known(info.maintainer),
        maintainer_email=_known(info.maintainer_email),
        home_page=_known(info.home_page),
        project_urls=tuple(sorted((label, url or "") for label, url in (info.project_urls or {}).items())),
    )


def _known(text: str | None) -> str:
    cleaned = (text or "").strip()
    return "" if cleaned.upper() == "UNKNOWN" else cleaned
