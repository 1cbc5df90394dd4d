"""Upload an SBOM to Dependency-Track, and VEX after the server has processed it.

The document is sent as it is, once, with the project's name and version from its metadata unless options give others; the body has
the same bytes for the same content. Then the stage waits until the server states that the upload was processed. --dry-run shows what would be sent
without a request. The key comes from DEPENDENCY_TRACK_API_KEY alone, and goes to the given address only.

Reads    an SBOM of a release, VEX: CycloneDX in JSON; the SBOM is a file, or in a folder of a release or a retained version.
Writes   a project on a server of Dependency-Track; nothing here.
Decides  nothing
Exits    0 uploaded and processed, or shown; 2 usage, or no key; 3 a document is not CycloneDX JSON, cannot be read by a server of
         this version, or was refused by it; 5 the server did not answer, refused the key, or has not processed the upload in time.
Network  the address of --to; none with --dry-run.
Source   https://docs.dependencytrack.org/integrations/rest-api/; RFC 7578; docs/exports.md
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("upload_sbom")

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage

if TYPE_CHECKING:
    from ops.supply_chain.adapters.dependency_track.client import DependencyTrack
    from ops.supply_chain.gather.release.sbom_upload import Upload

WAIT_SECONDS = 300
LONGEST_WAIT_SECONDS = 86400


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the document, the server, and what the project is called there."""
    parser.add_argument("sbom", help="SBOM file, folder of a release, or retained version")
    parser.add_argument("--to", required=True, metavar="URL", help="address of the API server of Dependency-Track")
    parser.add_argument("--name", default="", help="name of the project there (default: that of the SBOM's metadata)")
    parser.add_argument("--name-version", default="", metavar="VERSION", help="its version (default: likewise)")
    parser.add_argument("--uuid", default="", help="a project there, in place of name and version")
    parser.add_argument("--parent", default="", metavar="NAME[@VERSION]|UUID", help="parent of a project that is made")
    parser.add_argument("--tag", action="append", default=[], metavar="TAG", help="tag of the project; repeatable")
    parser.add_argument("--latest", action="store_true", help="mark it as the latest version (servers from 4.12)")
    parser.add_argument("--no-create", action="store_true", help="do not make a project that is not there")
    parser.add_argument(
        "--vex", action="append", default=[], type=Path, metavar="FILE", help="VEX in CycloneDX JSON to send then; repeatable"
    )  # fmt: skip
    parser.add_argument(
        "--wait", type=float, default=WAIT_SECONDS, metavar="SECONDS", help="longest time for the server to process an upload (default: 300)"
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="show what would be sent, without a request")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage, which leaves no record: it decides nothing about the project.

    Returns:
        The exit code.
    """
    return run_stage("upload_sbom", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    from ops.supply_chain.adapters.dependency_track.client import DependencyTrack, key_from_environment, server_address
    from ops.supply_chain.gather.release.sbom_upload import read_upload

    args = run.args
    if not 0 <= args.wait <= LONGEST_WAIT_SECONDS:
        raise _wrong(f"--wait {args.wait:g}: expected seconds, from 0 to {LONGEST_WAIT_SECONDS}")
    url = server_address(args.to)
    upload = read_upload(run)
    if args.dry_run:
        return _shown(upload, url)
    if run.offline:
        raise _wrong("an upload needs the network, and this run is offline")
    key = key_from_environment()
    if not key:
        raise UsageError(
            "there is no API key: DEPENDENCY_TRACK_API_KEY is not set",
            hint="Put the key of a team with the permission BOM_UPLOAD into it.",
            kind=ErrorClass.NO_TOKEN,
        )
    with DependencyTrack(url, key) as server:
        return _sent(server, upload, url, args.wait)


def _shown(upload: Upload, url: str) -> StageResult:
    lines = [f"dry run: nothing was sent to {url}"]
    for request in upload.requests:
        lines.append(f"POST {url}{request.path}")
        lines += [f"  {name}: {printable(value)}" for name, value in request.fields]
        lines.append(
            f"  {request.field}: {printable(request.name)}, {len(request.data)} bytes, SHA-256 {request.sha256}"
        )
        lines.append(f"  then wait until {url}/api/v1/event/token/TOKEN states that it was processed")
    return StageResult(
        outcome=Outcome.PASS,
        text="\n".join(lines),
        counts={"uploads": 0, "components": upload.components},
        document={"server": url, "sent": False, "requests": [request.shown() for request in upload.requests]},
    )


def _sent(server: DependencyTrack, upload: Upload, url: str, seconds: float) -> StageResult:
    from ops.supply_chain.gather.release.sbom_upload import require_readable

    version = server.version()
    require_readable(upload, version)
    for request in upload.requests:
        token = server.upload(request.path, request.form())
        server.wait(token, seconds=seconds)
    names = ", ".join(printable(request.name) for request in upload.requests)
    return StageResult(
        outcome=Outcome.PASS,
        text=f"uploaded to Dependency-Track {version.text} at {url}, and processed: {names} as {upload.project}, "
        f"{plural(upload.components, 'component')}",
        counts={"uploads": len(upload.requests), "components": upload.components},
        document={
            "server": url,
            "server_version": version.text,
            "sent": True,
            "requests": [request.shown() for request in upload.requests],
        },
    )


def _wrong(message: str) -> UsageError:
    return UsageError(message, hint=f"See {command('upload', '--help')}.", kind=ErrorClass.COMMAND_LINE)


if __name__ == "__main__":
    leave(main())
