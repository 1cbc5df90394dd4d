"""Draft the documents for the Transparency Exchange API (TEA): the well-known document, and identifiers of own releases.

Nothing is published. The well-known document belongs to https://DOMAIN/.well-known/tea only once an endpoint answers: a client
that finds it and no answer takes the releases for unknown. The API is a beta, so the drafts may change with it.

Reads    retained releases: their manifests and SBOMs.
Writes   dist/tea/: DRAFT-well-known-tea.json, DRAFT-teis.json and README.md, complete or not at all.
Decides  nothing
Exits    0 drafted; 2 usage; 3 the list of pruned releases is broken; 5 no intact release is retained; 6 cannot write.
Network  none
Source   https://github.com/CycloneDX/transparency-exchange-api/tree/main/discovery; docs/exports.md
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("draft_tea")

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, UnavailableError, UsageError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage

if TYPE_CHECKING:
    from ops.supply_chain.contracts.files.tea import TeaWellKnown, TeiDraft

API_VERSION = "0.4.0"
"""Of the API's description, March 2026: no later one was released."""

FOLDER = "tea"
WELL_KNOWN, TEIS, README = "DRAFT-well-known-tea.json", "DRAFT-teis.json", "README.md"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add where the well-known document and the endpoint will be."""
    parser.add_argument(
        "--domain", required=True, metavar="HOST", help="host name of the well-known document and in identifiers"
    )
    parser.add_argument(
        "--endpoint",
        action="append",
        required=True,
        metavar="URL",
        help="https address of the API, without /v...; repeatable, the first is preferred",
    )
    parser.add_argument("--api", action="append", default=[], metavar="VERSION", help=f"version of the API that it serves; repeatable (default: {API_VERSION})")  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage, which leaves drafts instead of a record.

    Returns:
        The exit code.
    """
    return run_stage("draft_tea", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    from ops.supply_chain.adapters.files.folders import building
    from ops.supply_chain.core import canonical
    from ops.supply_chain.core.files import write_atomic
    from ops.supply_chain.gather.assurance.tea import read_teis
    from ops.supply_chain.runner.dist_folder import hold_for

    well_known = _well_known(run.args.endpoint, run.args.api or [API_VERSION])
    draft = read_teis(run, _domain(run.args.domain), well_known.endpoints)
    if not draft.releases:
        raise UnavailableError(
            "no intact release is retained here, so there is nothing to identify", hint="Make a release first, or restore the store."
        )  # fmt: skip
    files = {
        WELL_KNOWN: canonical.encode(well_known),
        TEIS: canonical.encode(draft),
        README: _readme(draft).encode(),
    }
    with hold_for(run.dist, run.root), building(run.dist / FOLDER, replace=True) as work:
        for name, data in files.items():
            write_atomic(work / name, data, durable=False)
    left = [f"left out: {printable(reason)}" for reason in draft.left_out]
    return StageResult(
        outcome=Outcome.PASS,
        text="\n".join([f"drafted for {plural(len(draft.releases), 'release')}: {run.dist / FOLDER}", *left, "Nothing was published."]),
        counts={"releases": len(draft.releases), "left_out": len(left)},
        document={"well_known": well_known, "teis": draft},
    )  # fmt: skip


def _well_known(urls: Sequence[str], versions: Sequence[str]) -> TeaWellKnown:
    """Return the document, checked by its schema."""
    import msgspec

    from ops.supply_chain.contracts.files.tea import TeaWellKnown

    several = len(urls) - 1
    endpoints = [
        {"url": url, "versions": list(dict.fromkeys(versions)), "priority": 1 - at / (several + 1)}
        for at, url in enumerate(urls)
    ]
    try:
        return msgspec.convert({"schemaVersion": 1, "endpoints": endpoints}, TeaWellKnown, strict=True)
    except msgspec.ValidationError as error:
        raise _wrong(
            f"--endpoint, --api: {error}; expected https addresses without a slash at the end, and versions as {API_VERSION}"
        ) from error


def _domain(text: str) -> str:
    import msgspec

    from ops.supply_chain.contracts.files.tea import TeaDomain

    try:
        return msgspec.convert(text, TeaDomain, strict=True)
    except msgspec.ValidationError as error:
        raise _wrong(f"--domain {printable(text)!r}: is no host name in lower case, as example.com") from error


def _readme(draft: TeiDraft) -> str:
    return (
        "# Draft: Transparency Exchange API\n\n"
        f"Drafts for `{draft.domain}`, made from {plural(len(draft.releases), 'retained release')}. Nothing of this is published.\n\n"
        f"- `{TEIS}`: the identifiers (TEI) of each release, and the addresses (`queries`) that an endpoint has to answer with the UUID of the release.\n"
        f"- `{WELL_KNOWN}`: the document for `https://{draft.domain}/.well-known/tea`. Publish it only once every one of these addresses answers.\n\n"
        "The API is a beta: check its version before you use these files.\n"
    )


def _wrong(message: str) -> UsageError:
    return UsageError(message, hint=f"See {command('draft_tea', '--help')}.", kind=ErrorClass.COMMAND_LINE)


if __name__ == "__main__":
    leave(main())
