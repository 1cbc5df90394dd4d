"""Chromium as a printer: one local HTML file becomes a PDF, and nothing else is asked of it.

It works in a profile of its own that is removed afterwards, with no name that resolves, no extensions and no
updates. It gets the page from a file, so that no server is needed.

Source: Chromium's command line, `--headless --print-to-pdf`. As root Chromium refuses to work in its sandbox;
what it prints then is the page that we made, whose own policy lets no script but ours run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.variables import Child, child_variables

EVERYTHING = "print-everything"
"""Fragment with which the page prints all of its sections."""

VARIABLE = "SEALWRIGHT_CHROMIUM"
"""Where Chromium is, if not on the path."""

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "microsoft-edge-stable")
TIMEOUT_SECONDS = 120
REMEDY = (
    "Install Chromium (Debian: apt-get install chromium), name it with $SEALWRIGHT_CHROMIUM, or open "
    "dist/report/index.html in any browser and print it to PDF."
)
_PDF = b"%PDF-"


def find_chromium() -> str:
    """Return the program.

    Raises:
        UnavailableError: There is none.
    """
    given = os.environ.get(VARIABLE, "")
    found = next(filter(None, map(shutil.which, [given] if given else NAMES)), None)
    if found is None:
        raise UnavailableError("the PDF cannot be printed: there is no Chromium here", hint=REMEDY)
    return found


def print_pdf(page: Path, target: Path) -> None:
    """Print a page.

    Args:
        page: A local HTML file, absolute.
        target: Where the PDF goes; replaced only by a whole one.
    Raises:
        UnavailableError: There is no Chromium, or it does not print.
    """
    program = find_chromium()
    with tempfile.TemporaryDirectory(prefix="sealwright-print-") as folder:
        made = Path(folder) / "report.pdf"
        command = _command(program, page, made, profile=Path(folder) / "profile")
        try:
            done = subprocess.run(
                command,
                env=child_variables(Child.CHROMIUM, os.environ),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UnavailableError("the PDF was not printed: Chromium did not end", hint=REMEDY) from error
        data = made.read_bytes() if made.is_file() else b""
        if done.returncode != 0 or not data.startswith(_PDF):
            raise UnavailableError(f"the PDF was not printed: Chromium ended with {done.returncode}", hint=REMEDY)
        from ops.supply_chain.core.files import write_atomic

        write_atomic(target, data)


def _command(program: str, page: Path, made: Path, *, profile: Path) -> list[str]:
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [
        program,
        "--headless",
        "--disable-gpu",
        "--disable-extensions",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={profile}",
        "--no-pdf-header-footer",
        f"--print-to-pdf={made}",
        *(["--no-sandbox"] if root else []),
        f"{page.as_uri()}#{EVERYTHING}",
    ]
