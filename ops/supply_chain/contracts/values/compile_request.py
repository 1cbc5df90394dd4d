"""A request to the compiler (uv), and the header of a compiled lock."""

from __future__ import annotations

import msgspec


class Bypass(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded exception from the cool-down, for one package.

    `name` is the PEP 503 form, `version` the exact requested version or empty. Releases of this package that were
    uploaded after `exclude_newer` (RFC 3339, UTC) are ignored. `reason` is one line of text, never empty.
    """

    name: str
    version: str
    exclude_newer: str
    reason: str


class LockHeader(msgspec.Struct, frozen=True, kw_only=True):
    """The record in the comments at the top of a lock.

    `compiled_at` is the timestamp in `# uv-compiled-at:` in RFC 3339, UTC, empty if there is none: releases that were
    uploaded after it were ignored. `bypasses` are sorted by name.
    """

    compiled_at: str = ""
    bypasses: tuple[Bypass, ...] = ()


class CompileRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the compiler: resolve a source with the releases that existed at a timestamp.

    `folder` is the working folder, relative to the project, with `/`, empty for its top; `source` and
    `lock` are file names there. `seed` is the text of the lock whose pins are kept, empty for none. Releases that were
    uploaded after `exclude_newer` are ignored; `bypasses` have timestamps of their own. `upgrade` keeps no pin of the
    seed; `upgrade_packages` are the packages whose pins are not kept (`name` or `name==version`, sorted).
    `python_version` is the lowest Python that the lock is for, empty for the running one; the configured one takes
    precedence. `universal` makes a lock for every platform.
    """

    folder: str
    source: str
    lock: str
    seed: str
    exclude_newer: str
    bypasses: tuple[Bypass, ...] = ()
    upgrade: bool = False
    upgrade_packages: tuple[str, ...] = ()
    python_version: str = ""
    universal: bool = False
