"""Runs `uv pip compile`: resolves a requirements source with the releases that existed at a timestamp.

The result depends on the source, its includes, the seed, the timestamp, the options below and the index,
and on nothing else: `uv.toml`, `[tool.uv]`, a virtual environment and every `UV_*` and `PIP_*` variable are
removed, except those that only configure access to the index (`core/variables.py`). Every failure becomes either "the source is malformed
or cannot be resolved" or "could not be compiled"; an unknown message is the latter.

Source: https://docs.astral.sh/uv/pip/compile/ (uv 0.13)
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from ops.supply_chain.adapters.files.process_table import tokens_above
from ops.supply_chain.adapters.http.credentials import Account
from ops.supply_chain.adapters.index.address import UV_VARIABLES, accounts_for, read_address
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.values.compile_request import CompileRequest
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.core.text import without_credentials
from ops.supply_chain.core.variables import Child, child_variables

TIMEOUT_SECONDS = 900
PARALLEL = 2
"""Number of uv processes at a time; each sends many requests at once itself, and more processes only make it stall."""

MOST_UNANSWERED = 3
"""Requests of one run that may fail before the others are not sent: each costs uv's retries."""

_BUILD_HINT = (
    "Choose a version that has a wheel, or set [locks].allow_builds = true, which runs the code of any source "
    "distribution on the machine that compiles."
)
_ALLOW_HINT = "Run it from a shell, or in a job, that has no token for signing or publishing; or set [locks].allow_builds = false."
_NO_UPLOAD_DATE = re.compile(r"missing an upload date")
_OUTSIDE = re.compile(
    r"Failed to (?:fetch|download|connect)|error sending request|Request failed|network was disabled|"
    r"was not found in the cache|Network connectivity is disabled|HTTP status (?:client|server) error|"
    r"could not be queried|Unsupported `Content-Type`|Unauthorized|Forbidden|timed out|Connection (?:refused|reset)|dns error"
)
_BAD_HASH = re.compile(r"Invalid hash digest|Unsupported hash algorithm|Unexpected hash")
"""A hash in the lock that is compiled again: uv reads the versions to keep from it."""

_NEEDS_BUILD = re.compile(r"[Bb]uilding (?:from source|source distributions) is disabled|--no-build")
_INSIDE = re.compile(
    r"No solution found|Couldn't parse|Error parsing included file|Invalid (?:requirement|URL|version)|"
    r"[Ff]ailed to parse|File not found|does not contain|Unexpected '|Expected|Unsupported|TOML parse error|"
    r"Distribution not found"
)


_OTHER_PYTHON = re.compile(r"requested\s+Python\s+version\s+\([^)]*\)\s+does\s+not\s+satisfy")


class Uv:
    """The compiler of one project.

    Args:
        root: The project's folder.
        cache: The folder of uv's cache; shared by all runs.
        config: The project's configuration: index, Python version, universal.
        offline: True lets uv use its cache only.
        unanswered: The failures so far, if several compilers of one run share the limit.
    Raises:
        UnavailableError: uv is not installed.
    """

    def __init__(
        self,
        root: Path,
        *,
        cache: Path,
        config: Config,
        offline: bool,
        unanswered: list[UnavailableError] | None = None,
    ) -> None:
        self._root = root
        self._cache = cache
        self._unanswered = [] if unanswered is None else unanswered
        self._binary = find_uv()
        self._configured_python = config.locks.python_version
        self._universal = config.locks.universal
        self._options = _options(config, offline=offline)
        self._tokens = tokens_above() if config.locks.allow_builds else ()
        self._environment = environment(os.environ, index=index_address(os.environ, config.index.url))

    def compile_many(self, requests: Sequence[CompileRequest]) -> Iterator[str | InputError]:
        """Compile each request, in order, some at the same time.

        Yields:
            Bodies of locks (uv's output without a header), or why a source is malformed or has no solution.
        Raises:
            UnavailableError: The index does not answer, uv fails for a reason outside the source, or code could be
            built below a process that has a token.
        """
        with closing(self.answers(requests)) as answers:
            for answer in answers:
                if isinstance(answer, UnavailableError):
                    raise answer
                yield answer

    def answers(self, requests: Sequence[CompileRequest]) -> Generator[str | InputError | UnavailableError, None, None]:
        """Compile each request as `compile_many` does, and continue after a failure.

        Yields:
            In the order of the requests; after `MOST_UNANSWERED` failures the others are not sent and fail too.
        """
        pool = ThreadPoolExecutor(max_workers=PARALLEL)
        try:
            yield from pool.map(self._answer, requests)
        finally:
            pool.shutdown(cancel_futures=True)

    def _answer(self, request: CompileRequest) -> str | InputError | UnavailableError:
        if self._tokens:
            return UnavailableError(
                f"{self._name(request)}: not compiled: [locks].allow_builds lets a source distribution run code below "
                f"a process that has {', '.join(self._tokens)}",
                hint=_ALLOW_HINT,
            )
        if len(self._unanswered) >= MOST_UNANSWERED:
            last = self._unanswered[-1]
            message = f"{self._name(request)}: not sent after {MOST_UNANSWERED} failures: {last.message}"
            return UnavailableError(message, hint=last.hint)
        try:
            return self._compile(request)
        except UnavailableError as error:
            self._unanswered.append(error)
            return error

    def _compile(self, request: CompileRequest) -> str | InputError:
        with tempfile.TemporaryDirectory(prefix="sealwright-compile-") as scratch:
            # uv reads the pins to keep from the output file, so the seed is written there.
            output = Path(scratch) / request.lock
            output.write_text(request.seed, encoding="utf-8", newline="\n")
            done = self._run(request, output)
            stderr = done.stderr.decode("utf-8", "replace")
            if done.returncode != 0 or _NO_UPLOAD_DATE.search(stderr):
                stderr = stderr.replace(str(output), f"the lock {request.lock}").replace(f"{scratch}/", "")
                failure = failure_of(self._name(request), stderr, exclude_newer=request.exclude_newer)
                if isinstance(failure, InputError):
                    return failure
                raise failure
            return output.read_text(encoding="utf-8")

    def _run(self, request: CompileRequest, output: Path) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                [self._binary, "pip", "compile", *self._words(request), "--output-file", str(output)],
                cwd=self._root / request.folder,
                env={**self._environment, "UV_CACHE_DIR": str(self._cache)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise UnavailableError(
                f"{self._name(request)}: uv did not answer within {TIMEOUT_SECONDS} s",
                hint="Check that the index is reachable, then run again.",
            ) from error
        except OSError as error:
            raise UnavailableError(f"uv: cannot be run: {error}", hint="Install the PyPI package uv.") from error

    def _words(self, request: CompileRequest) -> list[str]:
        stated = request.python_version and not self._configured_python
        python = ["--python-version", request.python_version] if stated else []
        universal = ["--universal"] if request.universal or self._universal else []
        return [*self._options, *python, *universal, *_request_options(request)]

    def _name(self, request: CompileRequest) -> str:
        return f"{request.folder}/{request.source}" if request.folder else request.source


def uv_version() -> str:
    """Return the version of the uv that runs."""
    from importlib.metadata import version

    return version("uv")


def index_address(outer: Mapping[str, str], configured: str) -> str:
    """Return the index to use, with its account; empty for uv's own default.

    Args:
        outer: The process's environment.
        configured: The configured index, without account. The user's address is used if none is configured, or if it
            is the configured one with an account in it.
    """
    given = next((outer[name] for name in UV_VARIABLES if outer.get(name)), "")
    if not configured or without_credentials(given).rstrip("/") == configured.rstrip("/"):
        return given or configured
    return configured


def environment(outer: Mapping[str, str], *, index: str) -> dict[str, str]:
    """Return the environment of the uv process.

    Args:
        outer: The process's own.
        index: The index, empty for uv's own default.
    Returns:
        The variables of `outer` that uv may see, none of which can change the result, and the index, because on the
        command line every user of the machine could read its account.
    """
    kept = child_variables(Child.UV, outer)
    if not index:
        return kept
    address = read_address(index, where="index")
    account = accounts_for(address).get(address.origin)
    return {**kept, "UV_DEFAULT_INDEX": _with_account(address.url, account)}


def _with_account(url: str, account: Account | None) -> str:
    if account is None:
        return url
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{quote(account[0], safe='')}:{quote(account[1], safe='')}@{rest}"


def failure_of(source: str, output: str, *, exclude_newer: str) -> InputError | UnavailableError:
    """Return the error for the output of a failed uv run.

    Args:
        source: The source's path, for the message.
        output: uv's stderr.
        exclude_newer: The requested timestamp.
    Returns:
        An `InputError` if the cause is the source, else an `UnavailableError`.
    """
    words = "\n  ".join(line for line in without_credentials(output).strip().splitlines() if line.strip())
    if _NO_UPLOAD_DATE.search(output):
        return UnavailableError(
            f"{source}: the index does not publish upload times, so its state at {exclude_newer} is unknown: {words}",
            hint="Set [index].url to an index that serves upload times (simple API 1.1, as JSON).",
        )
    if _NEEDS_BUILD.search(output):
        return UnavailableError(
            f"{source}: cannot be resolved without running third-party code: {words}", hint=_BUILD_HINT
        )
    if _BAD_HASH.search(output):
        return InputError(f"the lock of {source}: {words}", hint="Remove that hash from the lock, then run again.")
    if is_unavailable(output) or not _INSIDE.search(output):
        return UnavailableError(
            f"{source}: could not be compiled: {words}", hint="Check that the index answers, then run again."
        )
    return InputError(f"{source}: {words}", hint=_remedy(output))


def is_unavailable(output: str) -> bool:
    """Return whether uv's output is about an outside service that did not answer."""
    return _OUTSIDE.search(output) is not None


def _remedy(output: str) -> str:
    if "exclude-newer" in output:
        return "Wait until the release is old enough, or use --bypass-cool-down NAME --reason TEXT."
    if _OTHER_PYTHON.search(output):
        return "Raise requires-python to what every dependency supports, or set [locks].python_version to the lowest in use."
    if "No solution found" in output:
        return "Loosen or correct a requirement in the source, or use --upgrade-package NAME."
    return "Correct that line of the source."


def find_uv() -> str:
    """Return the path of the uv program.

    Raises:
        UnavailableError: It is not installed.
    """
    from uv import find_uv_bin

    try:
        return str(find_uv_bin())
    except FileNotFoundError as error:
        raise UnavailableError(f"uv: {error}", hint="Install the PyPI package uv.") from error


def _options(config: Config, *, offline: bool) -> list[str]:
    locks = config.locks
    options = [
        "--generate-hashes",
        "--no-strip-extras",
        "--no-header",
        "--no-config",
        "--no-progress",
        "--color",
        "never",
    ]
    options += ["--no-python-downloads", "--python", sys.executable]
    options += [] if locks.allow_builds else ["--no-build"]
    options += ["--python-version", locks.python_version] if locks.python_version else []
    return options + (["--offline"] if offline else [])


def _request_options(request: CompileRequest) -> list[str]:
    words = [request.source, "--exclude-newer", request.exclude_newer]
    for bypass in request.bypasses:
        words += ["--exclude-newer-package", f"{bypass.name}={bypass.exclude_newer}"]
    for package in request.upgrade_packages:
        words += ["--upgrade-package", package]
    return words + (["--upgrade"] if request.upgrade else [])
