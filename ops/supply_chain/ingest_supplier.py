"""Take in documents of suppliers: store their bytes, verify their signatures, decide, and register what they list.

A document is accepted, quarantined or refused by the rules in policy/suppliers/; each reason states what the supplier must
correct. The original bytes are kept whatever the decision; a document that comes again is registered once.

Reads    files, folders, archives (.zip, .tar.gz) and addresses: SBOMs of CycloneDX 1.2 to 1.7, SPDX 2.2, 2.3 and 3.0.1, and VEX of
         OpenVEX, CSAF and CycloneDX; signatures next to them; [[suppliers]]; policy/suppliers/; with --rebuild,
         --status and --request what was stored before.
Writes   data/artifacts/suppliers/, the registry: data/artifacts/registry.sqlite, or the PostgreSQL server that
         SEALWRIGHT_REGISTRY_URL names, in the schema that SEALWRIGHT_REGISTRY_TENANT names; nothing with --score.
Decides  each document is accepted, quarantined or refused; with --score, whether it passes a quality profile.
Exits    0 all are accepted, or a status or request was shown; 2 usage or configuration; 3 a stored document was changed, or
         the registry is damaged; 4 a document was quarantined or refused, or does not pass the profile; 5 the registry does not
         answer, or another run does not let go of it, or an address was not answered: then nothing is stored; or no document
         was found in what was given; 6 cannot write: what was stored before stays.
Network  the addresses that are given, and the PostgreSQL server.
Source   https://cyclonedx.org/specification/overview/; https://spdx.github.io/spdx-spec/; https://github.com/openvex/spec;
         https://docs.sigstore.dev/about/bundle/; docs/suppliers.md
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("ingest_supplier")

import argparse
import os
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ops.supply_chain.contracts.config.suppliers import QualityProfile
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage

if TYPE_CHECKING:
    from ops.supply_chain.adapters.files.supplier_files import GivenDocument
    from ops.supply_chain.adapters.files.supplier_store import SupplierStore
    from ops.supply_chain.adapters.registry.address import RegistryAddress
    from ops.supply_chain.adapters.registry.reader import RegistryReader
    from ops.supply_chain.suppliers.screen import IntakeLine


_NO_DOCUMENT = "not examined: no document was found in what was given"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the documents and what to do with them."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="file, folder, .zip, .tar.gz, or an https address of one"
    )
    parser.add_argument(
        "--supplier", default="", metavar="NAME", help="supplier that sent them, a name in [[suppliers]]"
    )
    parser.add_argument(
        "--trusted-root", type=Path, metavar="FILE", help="trusted root (default: the public instance's)"
    )
    parser.add_argument(
        "--profile",
        choices=[profile.value for profile in QualityProfile],
        help="quality profile of --score (default: minimal)",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--rebuild",
        action="store_true",
        help="fill the registry again from the stored documents, by today's rules, and from retained releases",
    )
    what.add_argument(
        "--status", action="store_true", help="show documents, decisions, and VEX that is in conflict or about nothing"
    )
    what.add_argument(
        "--request", default="", metavar="NAME", help="write what this supplier must correct, as text to send"
    )
    what.add_argument("--score", type=Path, metavar="PATH", help="score SBOMs by a quality profile, and store nothing")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage, which leaves documents and a registry instead of a record.

    Returns:
        The exit code.
    """
    return run_stage("ingest_supplier", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    args = run.args
    asked = bool(args.rebuild or args.status or args.request or args.score)
    if asked == bool(args.paths):
        raise _wrong("expected either documents, or one of --rebuild, --status, --request NAME and --score PATH")
    if args.profile and not args.score:
        raise _wrong("--profile NAME belongs to --score PATH; the profile of a supplier is in [[suppliers]]")
    if args.score:
        return _score(run)
    names = [entry.name for entry in run.config.suppliers]
    if args.supplier and args.supplier not in names:
        raise _wrong(
            f"--supplier {printable(args.supplier)!r}: no [[suppliers]] entry has this name; "
            f"there are: {', '.join(map(printable, names)) or 'none'}"
        )
    address = _address(run)
    if args.status:
        return _status(run, address)
    if args.request:
        return _request(address, args.request)
    return _ingest(run, address)


def _address(run: StageRun) -> RegistryAddress:
    from ops.supply_chain.adapters.registry.address import TENANT_VARIABLE, URL_VARIABLE, registry_address

    url, tenant = os.environ.get(URL_VARIABLE, ""), os.environ.get(TENANT_VARIABLE, "")
    return registry_address(run.artifacts, url=url, tenant=tenant)


def _ingest(run: StageRun, address: RegistryAddress) -> StageResult:
    from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
    from ops.supply_chain.adapters.registry.writer import RegistryWriter
    from ops.supply_chain.gather.assurance.own_releases import register_releases
    from ops.supply_chain.gather.suppliers.ingestion import IntakeSetting, ingest, rebuild
    from ops.supply_chain.gather.suppliers.required_vex import with_vex

    store = _store(run, address)
    setting = IntakeSetting(run.root, tuple(run.config.suppliers), run.args.trusted_root, store)
    notes = (
        setting.rules().signatures.shared()
    )  # what is wrong with the configuration is found before anything is stored
    if run.args.rebuild:
        with RegistryWriter(address) as writer:
            lines = with_vex(list(rebuild(setting, writer)), setting=setting, writer=writer, address=address)
            register_releases(ArtifactStore(run.artifacts), writer)
        return _result(run, lines, notes, empty="no document of a supplier is stored yet: nothing to decide about")
    with TemporaryDirectory(prefix="sealwright-") as folder:
        given = _given(run, Path(folder))
        with RegistryWriter(address) as writer:
            found = ingest(given, setting=setting, writer=writer, now=timestamp(run.now), supplier=run.args.supplier)
            lines = with_vex(list(found), setting=setting, writer=writer, address=address)
    return _result(run, lines, notes, empty="")


def _given(run: StageRun, folder: Path) -> Iterator[GivenDocument]:
    """Return what the command line names, addresses after paths; what is at an address is there already."""
    from ops.supply_chain.adapters.files.supplier_files import given_documents
    from ops.supply_chain.gather.suppliers.addresses import documents_at, is_address

    urls = [text for text in run.args.paths if is_address(text)]
    paths = [Path(text) for text in run.args.paths if not is_address(text)]
    return chain(given_documents(paths), documents_at(urls, folder, offline=run.offline) if urls else ())


def _result(run: StageRun, lines: list[IntakeLine], notes: tuple[str, ...], *, empty: str) -> StageResult:
    """Return what became of documents; without any, `empty` is why that is right, empty itself where one was expected."""
    from ops.supply_chain.contracts.values.registry import IntakeDecision
    from ops.supply_chain.suppliers.screen import counts_of, document_of, intake_steps, intake_text

    open_ = [line for line in lines if line.decision is not IntakeDecision.ACCEPTED]
    text = intake_text(lines, _titles()[0]) if lines else [empty or _NO_DOCUMENT]
    text += intake_steps((line.supplier for line in open_), configured=bool(run.config.suppliers))
    return StageResult(
        outcome=Outcome.FAIL if open_ else Outcome.PASS if lines or empty else Outcome.NOT_EXAMINED,
        text="\n".join(text),
        counts=counts_of(lines),
        notes=notes,
        document=document_of(lines),
    )


def _status(run: StageRun, address: RegistryAddress) -> StageResult:
    from ops.supply_chain.contracts.values.registry import IntakeDecision
    from ops.supply_chain.gather.suppliers.statements import review_statements
    from ops.supply_chain.suppliers.screen import intake_steps, status_of, status_text
    from ops.supply_chain.suppliers.statement_review import review_of, review_text

    with _opened(address) as reader:
        documents, counts = reader.documents(), reader.counts()
        review = review_statements(reader, run.config.suppliers, _store(run, address))
        incomplete = reader.incomplete()
    open_ = [document.supplier for document in documents if document.decision is not IntakeDecision.ACCEPTED]
    text = [*status_text(documents, counts, _titles()[0]), *review_text(review)]
    text += intake_steps(open_, configured=bool(run.config.suppliers))
    if incomplete:
        by = "registered by an earlier version: BOM-Links and digests do not lead to"
        text.append(f"next: {command('supplier', '--rebuild')}  # {plural(incomplete, 'document')} {by} them")
    return StageResult(
        outcome=Outcome.PASS,
        text="\n".join(text),
        counts={"documents": counts.documents},
        document={**status_of(documents, counts), "statements": review_of(review)},
    )


def _request(address: RegistryAddress, name: str) -> StageResult:
    from ops.supply_chain.contracts.values.registry import IntakeDecision
    from ops.supply_chain.suppliers.screen import request_text

    with _opened(address) as reader:
        received = reader.documents()
    documents = [document for document in received if document.supplier == name]
    if not documents:
        known = dict.fromkeys(printable(document.supplier) for document in received if document.supplier)
        raise _wrong(
            f"--request {printable(name)!r}: no document of this supplier was received; "
            f"there are documents of: {', '.join(known) or 'none'}"
        )
    open_ = [document for document in documents if document.decision is not IntakeDecision.ACCEPTED]
    text = request_text(name, open_, *_titles())
    return StageResult(
        outcome=Outcome.PASS,
        text="\n".join(text or [f"{printable(name)}: nothing to correct"]),
        counts={"documents": len(open_)},
        document={"supplier": name, "text": "\n".join(text)},
    )


def _score(run: StageRun) -> StageResult:
    from ops.supply_chain.gather.suppliers.scores import scores_of
    from ops.supply_chain.suppliers.profiles.score import document_of, scores_text

    profile = QualityProfile(run.args.profile or QualityProfile.MINIMAL)
    found = list(scores_of([run.args.score], profile))
    passing = sum(document.passes for document in found)
    return StageResult(
        outcome=Outcome.NOT_EXAMINED if not found else Outcome.PASS if passing == len(found) else Outcome.FAIL,
        text="\n".join(scores_text(found, profile)) if found else _NO_DOCUMENT,
        counts={"documents": len(found), "passing": passing},
        document={"documents": [document_of(document) for document in found]},
    )


def _opened(address: RegistryAddress) -> RegistryReader:
    from ops.supply_chain.adapters.registry.reader import RegistryReader

    if address.file is not None and not address.file.exists():
        raise UsageError(
            f"{address.shown()}: there is no registry yet", hint=f"Run {command('supplier', 'PATH')} first."
        )
    return RegistryReader(address)


def _store(run: StageRun, address: RegistryAddress) -> SupplierStore:
    from ops.supply_chain.adapters.files.supplier_store import SupplierStore
    from ops.supply_chain.adapters.registry.address import DEFAULT_TENANT

    return SupplierStore(run.artifacts, "" if address.tenant == DEFAULT_TENANT else address.tenant)


def _titles() -> tuple[dict[str, str], dict[str, str]]:
    from ops.supply_chain.gather.suppliers.intake import rule_texts

    return rule_texts()


def _wrong(message: str) -> UsageError:
    return UsageError(message, hint=f"See {command('supplier', '--help')}.", kind=ErrorClass.COMMAND_LINE)


if __name__ == "__main__":
    leave(main())
