"""Verify a release made with sealwright, without a repository: every file, signature and claim.

Digests, provenance, records and verdict need only Python. Signatures and SBOMs need packages with compiled parts, which
cannot be part of this file:

    python -m pip install sigstore msgspec

Without them the release is not examined: exit 5. --github, --package and --lock also need 'httpx[http2]'.

Exits    0 verified; or accepted because of --rehearsal or --allow-unsigned, which the report states and is not a pass;
         2 usage, 3 there is no release or it cannot be unpacked, 4 it does not verify or is not signed, 5 something
         could not be examined or downloaded.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    from ops.supply_chain.gather.trust.verification.early import begin_early

    begin_early(sys.argv[1:])

import argparse
import json
import os
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn, TextIO

from ops.supply_chain.core.collector import without_collection
from ops.supply_chain.core.errors import ErrorClass, ExitCode, OutputError, UsageError
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.outcome import exit_code_of
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.gather.trust.verification.check import check_release
from ops.supply_chain.gather.trust.verification.inputs import (
    INSTALL,
    WHO_MAY_SIGN,
    Trust,
    add_options,
    expectations,
    release_folder,
    trust_at_work,
)
from ops.supply_chain.gather.trust.verification.package_inputs import (
    add_package_options,
    index_source,
    is_of_index,
    verify_served,
)
from ops.supply_chain.gather.trust.verification.summary import summary_statement
from ops.supply_chain.runner.clock import read_clock
from ops.supply_chain.runner.failures import system_failure
from ops.supply_chain.trust.verification import package_report, report
from ops.supply_chain.trust.verification.brief import brief


class _Parser(argparse.ArgumentParser):
    """An argument parser that raises an error instead of exiting."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"See '{self.prog} --help'.")

    def print_help(self, file: object = None) -> None:  # noqa: ARG002 - the base class has it
        """Write the help to stdout, whatever file is given."""
        _say(self.format_help())


def main(argv: Sequence[str] | None = None) -> int:
    """Verify the release given on the command line.

    Returns:
        The exit code.
    """
    try:
        args = _parser().parse_args(argv)
        with without_collection():
            return _run(args)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except Exception as error:
        failure = system_failure(error)
        if failure is None:  # a crash is a defect in sealwright: it has its own exit code
            _say(traceback.format_exc(), error=True)
            return ExitCode.CRASH
        _say(failure.described(), error=True)
        return failure.exit_code


def _parser() -> argparse.ArgumentParser:
    summary, _, rest = (__doc__ or "").partition("\n")
    parser = _Parser(
        prog="sealwright-verify",
        description=summary,
        epilog=rest.strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_options(parser)
    add_package_options(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="format of the result on stdout")
    parser.add_argument("--verbose", action="store_true", help="show every check, with a command that checks the same")
    parser.add_argument("--offline", action="store_true", help="do not access the network")
    parser.add_argument("--cache", type=Path, metavar="FOLDER", help="where downloads are kept, to continue them")
    return parser


def _run(args: argparse.Namespace) -> int:
    with trust_at_work(args) as trusted:
        return _served(args, trusted) if is_of_index(args) else _released(args, trusted)


def _released(args: argparse.Namespace, trusted: Trust) -> int:
    """Verify a release."""
    with release_folder(args, default=None, cache=args.cache) as folder:
        wanted = expectations(args, trusted, folder)
        examined = check_release(folder, wanted, trusted.checker, attestations=args.attestations)
    verification = examined.verification
    if args.markdown:
        _write(args.markdown, report.as_markdown(verification).encode())
    now = read_clock()
    summary = summary_statement(examined, wanted, trusted, now=now) if args.vsa else None
    if summary is not None:
        _write(args.vsa, summary)
    if args.format == "json":
        _say(json.dumps(report.document(verification, verified_at=timestamp(now)), sort_keys=True, indent=2))
    else:
        _say(report.text(verification) if args.verbose else brief(verification))
    if trusted.root is None:
        _say(f"note: to check signatures, install: {INSTALL}", error=True)
    elif not trusted.identities and not trusted.keys:
        _say(f"note: {WHO_MAY_SIGN}", error=True)
    return exit_code_of(verification.ruling)


def _served(args: argparse.Namespace, trusted: Trust) -> int:
    """Verify packages on an index."""
    from ops.supply_chain.contracts.config.index import IndexConfig

    with ExitStack() as stack:
        cache = args.cache or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sealwright-verify-")))
        source, note = index_source(args, IndexConfig(), cache=cache)
        release = None
        if args.release is not None or args.github:
            folder = stack.enter_context(release_folder(args, default=None, cache=args.cache))
            release = folder, expectations(args, trusted, folder)
        verification, install = verify_served(args, trusted, source, release)
    if args.format == "json":
        document = package_report.document(verification, verified_at=timestamp(read_clock()))
        _say(json.dumps(document, sort_keys=True, indent=2))
    else:
        _say(package_report.text(verification) + (f"\ninstall with: {install}" if install else ""))
    if note:
        _say(f"note: {note}", error=True)
    if trusted.root is None:
        _say(f"note: to check signatures, install: {INSTALL}", error=True)
    return exit_code_of(verification.outcome)


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _say(text: str, *, error: bool = False) -> None:
    lines = "\n".join(printable(line) for line in without_credentials(text).split("\n"))
    stream: TextIO | None = sys.stderr if error else sys.stdout
    if stream is None:
        if error:
            return
        raise OutputError("stdout is closed", hint="Redirect it to a file, or to /dev/null.", kind=ErrorClass.STDOUT)
    try:
        print(lines.encode("ascii", "backslashreplace").decode(), file=stream, flush=True)
    except OSError as failure:
        # What could not be written must not be tried again when Python ends, which would change the exit code.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        # A reader that has closed the pipe, for example `| head`, has enough: the exit code is still right.
        if not error and not isinstance(failure, BrokenPipeError):
            raise OutputError(f"stdout: cannot be written: {failure.strerror or failure}") from failure


if __name__ == "__main__":
    raise SystemExit(main())
