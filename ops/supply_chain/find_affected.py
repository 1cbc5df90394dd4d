"""Answer "am I affected?": by an advisory, a package, a digest or a deployed folder, in locks, releases and suppliers' products.

Questions: an advisory's identifier or alias (CVE-2026-12345, GHSA-..., PYSEC-...); a requirement ('urllib3<2.6.3', of other
ecosystems 'npm:left-pad<1.3'); a package URL with or without version, or with a vers range; a digest (sha256:..., as a lock,
an SBOM or a retained file has it); a folder (what is installed there), or a file (by its digest). A folder after another
question is searched, too.

With --fleet and --scheduler the locks are read on the workers of a Dask scheduler (docs/guides/many-repositories.md).

The first line is the verdict. What cannot be decided or was not searched is its own answer and never "not affected".

Reads    locks, retained releases, the registry, advisory feeds, deployed folders: locks of the project or of --fleet, releases of all
         components, feeds for identifiers and for a folder alone; KEV and EPSS of [feeds]; waivers of the project.
Writes   nothing; with --json a file.
Decides  nothing contains what was asked for.
Exits    0 nothing is affected; 2 usage; 4 something is affected, or contains what was asked for; 5 something cannot be decided,
         was not searched, or no feed knows the identifier; 6 the file cannot be written.
Network  the addresses of advisory feeds, KEV and EPSS, for an identifier and for a folder alone; none with --offline. The PostgreSQL
         server that SEALWRIGHT_REGISTRY_URL names. With --scheduler the Dask scheduler. Nothing about the project is sent.
Source   docs/affected.md; https://ossf.github.io/osv-schema/; ECMA-427 (package URLs)
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("find_affected")

import argparse
import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import printable
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.fleet_part import add_part_options
from ops.supply_chain.runner.stage import leave, run_stage

if TYPE_CHECKING:
    from ops.supply_chain.adapters.registry.address import RegistryAddress
    from ops.supply_chain.gather.assurance.affected.sources import Sources
    from ops.supply_chain.suppliers.affected.model import Answer
    from ops.supply_chain.suppliers.affected.question import Question


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the question and where to search for advisories."""
    parser.add_argument(
        "question",
        nargs="+",
        metavar="QUESTION",
        help="CVE-2026-12345, 'urllib3<2.6.3', pkg:npm/left-pad@1.3.0, sha256:..., ./folder; folders to search may follow",
    )
    parser.add_argument(
        "--fleet", type=Path, help="file with one project folder per line; search the locks of all of them"
    )
    add_part_options(parser)
    parser.add_argument(
        "--advisories",
        action="append",
        default=[],
        metavar="[ECOSYSTEM=]PATH|URL",
        help="OSV snapshot to use: a zip file, a folder of records or a URL; repeatable (default: [feeds], else OSV's of PyPI); "
        "npm=, Debian= and so on name the ecosystem of another feed",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the whole answer to this file")
    parser.add_argument(
        "--reply",
        action="store_true",
        help="print Markdown for a customer: own releases only, without paths, suppliers and other customers",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage, which leaves no record.

    Returns:
        The exit code.
    """
    return run_stage("find_affected", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    if run.part is not None:
        from ops.supply_chain.gather.assurance.affected.fleet_locks import answer_part

        return answer_part(run)
    from ops.supply_chain.gather.assurance.affected.answer import answer
    from ops.supply_chain.gather.assurance.affected.sources import Sources

    question, folders = _question(run.args.question)
    if run.args.scheduler:
        from ops.supply_chain.gather.assurance.affected.fleet_locks import refuse_folder

        refuse_folder(question)
    with ExitStack() as stack:
        sources = Sources(run, _address(run), stack, folders)
        return _result(run, answer(run, question, sources), sources)


def _question(words: Sequence[str]) -> tuple[Question, list[Path]]:
    """Return the question, and the folders to search.

    Raises:
        UsageError: It is none, or a further word is no folder.
    """
    from ops.supply_chain.suppliers.affected.question import (
        Question,
        QuestionError,
        QuestionKind,
        looks_like_path,
        read_question,
    )

    first, *others = words
    folders = [Path(word).expanduser() for word in others]
    for folder in folders:
        if not folder.exists():
            raise _wrong(f"{printable(str(folder))}: expected one question, then folders; there is no such folder")
    if looks_like_path(first):
        path = Path(first).expanduser()
        if not path.exists():
            raise _wrong(f"{printable(first)}: there is no such file or folder")
        if path.is_dir():
            return Question(QuestionKind.PATH, first, name=printable(first)), [path, *folders]
        return Question(QuestionKind.DIGEST, first, digest=_digest(path), algorithm="sha-256"), folders
    try:
        return read_question(first), folders
    except QuestionError as error:
        raise _wrong(str(error)) from error


def _digest(path: Path) -> str:
    from ops.supply_chain.adapters.files.folders import measure

    return measure(path).sha256


def _address(run: StageRun) -> RegistryAddress:
    from ops.supply_chain.adapters.registry.address import TENANT_VARIABLE, URL_VARIABLE, registry_address

    url, tenant = os.environ.get(URL_VARIABLE, ""), os.environ.get(TENANT_VARIABLE, "")
    return registry_address(run.artifacts, url=url, tenant=tenant)


def _result(run: StageRun, found: Answer, sources: Sources) -> StageResult:
    from ops.supply_chain.suppliers.affected.document import counts, document
    from ops.supply_chain.suppliers.affected.screen import screen, verdict

    decided, whole = verdict(found), document(found)
    if run.args.json is not None:
        from ops.supply_chain.core.files import write_atomic
        from ops.supply_chain.core.plain_json import dump

        write_atomic(run.args.json, dump(whole))
    lines = _reply(run, found, sources) if run.args.reply else screen(found)
    colours = {Outcome.FAIL: "31", Outcome.NOT_EXAMINED: "33", Outcome.PASS: "32"}
    return StageResult(
        outcome=decided.outcome,
        text="\n".join(lines),
        counts=counts(found),
        document=whole,
        colour="" if run.args.reply else colours[decided.outcome],
    )


def _reply(run: StageRun, found: Answer, sources: Sources) -> list[str]:
    from ops.supply_chain.suppliers.affected.reply import OwnRelease, reply

    product = run.project.name
    own = [sbom.manifest for sbom in sources.releases.sboms if sbom.manifest.component == product]
    releases = [OwnRelease(manifest.version, manifest.retained_at[:10]) for manifest in own]
    return reply(found, product, releases, run.now.date().isoformat())


def _wrong(message: str) -> UsageError:
    return UsageError(message, hint=f"See {command('affected', '--help')}.", kind=ErrorClass.COMMAND_LINE)


if __name__ == "__main__":
    leave(main())
