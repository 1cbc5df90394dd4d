"""`uv publish`, one file a process: the upload, with its attestations, and why it failed.

uv writes the form from the file's own metadata, puts `FILE.publish.attestation` from the same folder into the field `attestations`, and
follows no redirect to another origin. It sends once: whether a lost answer meant "done" is for the caller to find out from
the index. The token is in its environment, never on its command line.

Source: https://docs.astral.sh/uv/guides/package/ ; https://docs.pypi.org/api/upload/ ; uv 0.13
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.adapters.tools.uv import find_uv
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.core.variables import Child, child_variables

ANSWER_SECONDS = 120
"""Without a byte from the index for so long, the upload has failed."""

TOTAL_SECONDS = 1800
"""For one file, from the start of the process to its end."""

_STATUS = re.compile(r"status code (?P<status>[0-9]{3})\b[^.]*\.(?: Server says: (?P<said>.*))?", re.DOTALL)
_TRANSIENT = frozenset({408, 425, 429})
_MOST_SAID = 400


class UploadResult(NamedTuple):
    """How an upload ended. `refused` is True where the index answered that it does not take the file; else, where
    `done` is False, it is unknown whether the file is there. `said` is one line without credentials.
    """

    done: bool
    refused: bool = False
    status: int = 0
    said: str = ""


def publish(url: str, file: Path, attestations: tuple[Path, ...], token: str) -> UploadResult:
    """Upload one distribution.

    Args:
        url: The upload API.
        file: The distribution, in a folder that no one else can write to.
        attestations: Files in the same folder, named `FILE.*.attestation`; empty uploads none.
        token: An API token, or one of Trusted Publishing.
    Raises:
        UnavailableError: uv cannot be run.
    """
    words = ["publish", "--publish-url", url, "--trusted-publishing", "never", "--keyring-provider", "disabled"]
    words += ["--no-config", "--no-progress", "--color", "never", *(() if attestations else ("--no-attestations",))]
    paths = [str(path) for path in (file, *attestations)]
    with tempfile.TemporaryDirectory(prefix="sealwright-uv-") as cache:
        environment = {
            **child_variables(Child.UV, os.environ),
            "UV_PUBLISH_TOKEN": token,
            "UV_HTTP_RETRIES": "0",
            "UV_HTTP_TIMEOUT": str(ANSWER_SECONDS),
            "UV_CACHE_DIR": cache,
        }
        try:
            done = subprocess.run(
                [find_uv(), *words, *paths],
                cwd=file.parent,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TOTAL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return UploadResult(done=False, said=f"not finished within {TOTAL_SECONDS} s")
        except OSError as error:
            raise UnavailableError(f"uv: cannot be run: {error}", hint="Install the PyPI package uv.") from error
    said = done.stderr.decode("utf-8", "replace").replace(token, "***")
    return UploadResult(done=True) if done.returncode == 0 else failure_of(said, str(file.parent))


def failure_of(output: str, folder: str) -> UploadResult:
    """Return what the output of a failed `uv publish` says.

    Args:
        output: Its stderr, without the token.
        folder: The folder of the file, which is not shown.
    """
    cause = output.partition("error:")[2].replace(f"{folder}/", "")
    found = _STATUS.search(cause)
    status = int(found["status"]) if found else 0
    text = (found["said"] or f"HTTP status {status}") if found else cause.partition("\n")[2] or cause or output
    words = " ".join(text.replace("cause:", "").split())
    said = printable(without_credentials(words))[:_MOST_SAID]
    return UploadResult(done=False, refused=300 <= status < 500 and status not in _TRANSIENT, status=status, said=said)  # noqa: PLR2004
