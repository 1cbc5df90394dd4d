"""The source under release: what differs from its commit."""

from __future__ import annotations

import msgspec


class SourceChange(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A path whose content is not that of the commit, and why; relative to the project, a folder ends with `/`."""

    path: str
    reason: str
