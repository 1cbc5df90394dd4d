"""Check what suppliers' products contain against today's advisories: the remediation backlog and the risk register.

The components of accepted SBOMs in the registry are matched, each distinct one once. A vulnerability of a component of a
product is an item of the backlog, whatever versions it is in; it is fixed once the newest accepted document of the product
lists no affected version. Statements (VEX) of suppliers apply by the rules of docs/suppliers.md. What could not be checked is
named: documents in quarantine, components without a package URL, ecosystems without a feed. What people decide (state,
owner, dates, notes, treatment of risks) is kept whatever is received or rebuilt.

Reads    the registry, documents of suppliers, data/artifacts/suppliers/backlog.json, advisory feeds; KEV and EPSS
         of [feeds]; the folder of [feeds].malicious; [[suppliers]]; with --import a CSV file that this stage wrote and someone edited.
Writes   data/artifacts/suppliers/backlog.json, dist/suppliers/: backlog and risk register as .md, .csv and .json, and
         suppliers.vdr.cdx.json (CycloneDX 1.6)
Decides  no item of the backlog is open, and everything could be checked
Exits    0 nothing is open, or nothing was received; with --set, --import and --show, it was done; 2 usage or configuration,
         or another run is changing the backlog; 3 the backlog, the table of --import or the registry is damaged; 4 an item
         is open; 5 something could not be checked, or the registry does not answer; 6 cannot write.
Network  without --advisories: OSV's snapshot; feeds of [feeds] that are addresses; no name is sent. The PostgreSQL server that
         SEALWRIGHT_REGISTRY_URL names, with --offline it alone.
Source   docs/backlog.md; OSV schema 1.7.5, https://ossf.github.io/osv-schema/; https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("review_suppliers")

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.risk.advisories.source_options import SNAPSHOT_ONLY, add_source_options
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage

if TYPE_CHECKING:
    from ops.supply_chain.adapters.files.backlog_store import BacklogStore
    from ops.supply_chain.adapters.registry.address import RegistryAddress
    from ops.supply_chain.contracts.files.backlog import Backlog

STAGE = "review_suppliers"
EDITS = ("--set", "--import", "--show")
"""They act on the stored backlog alone, and leave no record."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this stage's own options."""
    add_source_options(parser, SNAPSHOT_ONLY)
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--set",
        nargs="+",
        default=[],
        metavar="WORD",
        help="ID ... FIELD=VALUE ...: change what is decided of items or risks (state=triaged owner=NAME)",
    )
    what.add_argument(
        "--import",
        dest="table",
        type=Path,
        metavar="FILE",
        help="take over what was edited in backlog.csv or risk-register.csv",
    )
    what.add_argument(
        "--show",
        nargs="?",
        const="",
        metavar="ID|TEXT",
        help="show the stored backlog, an item or a risk, or the items about a text, without a comparison",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    words = sys.argv[1:] if argv is None else argv
    edits = any(word.partition("=")[0] in EDITS for word in words)
    return run_stage(STAGE, __doc__, arguments, _perform, argv, records=False if edits else None)


def _perform(run: StageRun) -> StageResult:
    from ops.supply_chain.adapters.files.backlog_store import BacklogStore
    from ops.supply_chain.adapters.files.supplier_store import SupplierStore
    from ops.supply_chain.adapters.registry.address import (
        DEFAULT_TENANT,
        TENANT_VARIABLE,
        URL_VARIABLE,
        registry_address,
    )

    url, tenant = os.environ.get(URL_VARIABLE, ""), os.environ.get(TENANT_VARIABLE, "")
    address = registry_address(run.artifacts, url=url, tenant=tenant)
    folder = "" if address.tenant == DEFAULT_TENANT else address.tenant
    store = BacklogStore(run.artifacts, address.tenant, folder)
    if run.args.set or run.args.table is not None:
        return _edit(run, store)
    if run.args.show is not None:
        return _show(run, store.read())
    documents = SupplierStore(run.artifacts, folder)
    received = store.path.exists() or any(documents.digests())
    if address.file is not None and not address.file.exists() and not received:
        from ops.supply_chain.suppliers.backlog.screen import nothing_received

        return StageResult(outcome=Outcome.PASS, text=nothing_received(), counts={"documents": 0})
    return _review(run, address, store)


def _review(run: StageRun, address: RegistryAddress, store: BacklogStore) -> StageResult:
    from ops.supply_chain.gather.assurance.supplier_review import review_registry

    return review_registry(run, address, store)


def _edit(run: StageRun, store: BacklogStore) -> StageResult:
    from ops.supply_chain.gather.assurance.supplier_edits import edit

    return edit(run, store)


def _show(run: StageRun, backlog: Backlog) -> StageResult:
    from ops.supply_chain.gather.assurance.supplier_edits import show

    if not backlog.reviewed:
        raise UsageError(
            "there is no backlog yet", hint=f"Run {command('backlog')} first.", kind=ErrorClass.COMMAND_LINE
        )
    return show(run, backlog, run.args.show)


if __name__ == "__main__":
    leave(main())
