"""What passes between planning a compile and the compiler: one request, and what a lock's header records."""

from __future__ import annotations

import msgspec


class Bypass(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded exception from the cool-down, for one package.

    `name` is the PEP 503 form, `version` the exact version asked for or empty, `moment` (RFC 3339, UTC)
    up to which releases of this package may be picked, `reason` one line of text, never empty.
    """

    name: str
    version: str
    moment: str
    reason: str


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What the comments at the top of a lock record.

    `compiled_at` is the moment in `# uv-compiled-at:` in RFC 3339, UTC, empty where there is none:
    releases uploaded after it were not looked at. `bypasses` are sorted by name.
    """

    compiled_at: str = ""
    bypasses: tuple[Bypass, ...] = ()


class CompileRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One question to the compiler: what does this source resolve to, as of this moment?

    `folder` is where it is asked, relative to the project, with `/`, empty for its top; `source` and
    `lock` are file names there. `seed` is the text of the lock whose pins are kept, empty for none.
    `moment` is the newest upload time that counts. `bypasses` have moments of their own. `upgrade` lets
    every pin of the seed go, `upgrade_packages` those of the named (`name` or `name==version`, sorted).
    `python_version` is the Python that the lock is for where its header tells; the configured one outweighs it.
    """

    folder: str
    source: str
    lock: str
    seed: str
    moment: str
    bypasses: tuple[Bypass, ...] = ()
    upgrade: bool = False
    upgrade_packages: tuple[str, ...] = ()
    python_version: str = ""
