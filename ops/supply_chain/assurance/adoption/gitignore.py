"""The lines that a project's `.gitignore` needs: only those that are missing, and none is ever taken away.

Source: https://git-scm.com/docs/gitignore
"""

from __future__ import annotations

DIST_LINE, NOX_LINE = "/dist/", "/.nox/"

_HEAD = b"# What the release pipeline makes (sealwright)."


def with_missing_lines(content: bytes | None, *, dist_is_tracked: bool) -> bytes | None:
    """Return the content with the missing lines at its end, or None where none is missing.

    Args:
        content: What the file holds, in any encoding; None where there is none.
        dist_is_tracked: Whether the project keeps files in `dist/` on purpose; then that line is left out.
    """
    wanted = [NOX_LINE] if dist_is_tracked else [DIST_LINE, NOX_LINE]
    there = {_bare(line) for line in (content or b"").splitlines()}
    missing = [line.encode() for line in wanted if _bare(line.encode()) not in there]
    if not missing:
        return None
    before = content or b""
    end = b"\r\n" if b"\r\n" in before else b"\n"
    gap = b"" if not before else end if before.endswith(b"\n") else end + end
    return before + gap + end.join([_HEAD, *missing]) + end


def _bare(line: bytes) -> bytes:
    """`dist`, `dist/` and `/dist/` all cover the folder at the top."""
    return line.strip().strip(b"/")
