"""Examine one part of a fleet on a worker: `python -Im ops.supply_chain.sessions.examine_part < REQUEST > REPLY`.

Reads a request from stdin, runs its stage over the part's projects, keeps the result in the registry and writes a reply to
stdout. A request is refused if this machine would examine it with something else than the run does: another version of
the pipeline, of Python or of a package, another registry, other files, another feed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ops.supply_chain import row_of
from ops.supply_chain.adapters.files import ledger as ledgers
from ops.supply_chain.adapters.files.configuration import read_config
from ops.supply_chain.adapters.registry.address import TENANT_VARIABLE, URL_VARIABLE, registry_address
from ops.supply_chain.adapters.registry.fleet import FleetStore
from ops.supply_chain.contracts.files.fleet import PartReply, PartRequest, PartResult
from ops.supply_chain.contracts.files.ledger import LedgerLine, read_ledger
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import ExitCode, StageError, UnavailableError
from ops.supply_chain.core.start import start_words
from ops.supply_chain.core.text import printable
from ops.supply_chain.core.variables import stage_variables
from ops.supply_chain.gather.gates.fleet_inputs import read_input
from ops.supply_chain.runner.fleet_code import difference, own_code, required_code
from ops.supply_chain.runner.fleet_part import RESULT_FILE, SETTING_FILE
from ops.supply_chain.runner.streams import print_result

DIFFERENT = "Install the same sealwright, with the same packages and extras, for the same Python on every machine, then run again."
SHARED = "Projects, artifacts and cache must be the same folders on every machine: a shared file system."
RENAME = "Rename that folder, or run without --scheduler."


def main() -> int:
    """Answer the request on stdin.

    Returns:
        0 if there is a reply.
    """
    data = sys.stdin.buffer.read()
    print_result(canonical.encode(reply_to(data, os.environ)).decode(), document=True)
    return 0


def reply_to(data: bytes, environment: Mapping[str, str]) -> PartReply:
    """Examine a part, and return the reply: a failure is one, too.

    Args:
        data: A request.
        environment: The variables of this process: the registry, and what a stage may see.
    """
    try:
        request = canonical.decode(data, PartRequest, where="the request for a part")
        _require_same_code(request)
        task = sha256_bytes(data)
        result = _examine(request, task, environment)
    except StageError as error:
        return PartReply(problem=error.message, next_step=error.hint, exit_code=int(error.exit_code))
    except OSError as error:
        return PartReply(
            problem=f"{error.filename or 'a file'}: {error.strerror or error}", exit_code=int(ExitCode.OUTPUT)
        )
    return PartReply(task=task, result=result)


def _require_same_code(request: PartRequest) -> None:
    if different := difference(required_code(request), own_code()):
        raise UnavailableError(f"this worker has {different}", hint=DIFFERENT)


def _examine(request: PartRequest, task: str, environment: Mapping[str, str]) -> str:
    """Return the digest of the result that the registry has of this task."""
    url, tenant = environment.get(URL_VARIABLE, ""), environment.get(TENANT_VARIABLE, "")
    address = registry_address(Path(request.artifacts), url=url, tenant=tenant)
    with FleetStore(address) as store, tempfile.TemporaryDirectory(prefix="sealwright-part-") as temporary:
        if not store.knows(request.run):
            raise UnavailableError(
                "this worker has another registry: the run is not in it",
                hint=f"Set {URL_VARIABLE} and {TENANT_VARIABLE} to the same values on every machine.",
            )
        _require_same_inputs(request)
        folder = Path(temporary)
        components = [project.component for project in request.projects]
        before = store.ledgers(components, before=request.run)
        _prepare(folder, request, before)
        _run_stage(folder, request, environment)
        _require_same_inputs(request)
        result = canonical.read(folder / RESULT_FILE, PartResult)
        data = canonical.encode(result)
        store.keep(
            request.run,
            task,
            data,
            projects=[(project.component, project.inputs) for project in request.projects],
            sightings=_sightings(folder, components, before),
        )
    return sha256_bytes(data)


def _require_same_inputs(request: PartRequest) -> None:
    for place, project in enumerate(request.projects):
        folder = Path(project.folder)
        if not folder.is_dir():
            raise UnavailableError(f"{project.component}: this worker does not have its folder", hint=SHARED)
        found = read_input(place, project.component, folder, read_config(folder))
        if found.inputs != project.inputs:
            raise UnavailableError(
                f"{project.component}: its files on this worker are not those of the run, or changed meanwhile",
                hint=SHARED,
            )


def _prepare(folder: Path, request: PartRequest, before: Mapping[str, bytes]) -> None:
    canonical.write(folder / SETTING_FILE, request.setting)
    folders = [project.folder for project in request.projects]
    unnamed = [
        folder for folder in folders if folder.splitlines() != [folder] or folder.split("#")[0].strip() != folder
    ]
    if unnamed:
        raise UnavailableError(
            f"{printable(unnamed[0])}: has a # or a line break, so a fleet file cannot name it to a worker", hint=RENAME
        )
    fleet = "".join(f"{folder}\n" for folder in folders)
    (folder / "fleet.txt").write_text(fleet, encoding="utf-8")
    for component, data in before.items():
        path = ledgers.ledger_path(folder, component)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)


def _run_stage(folder: Path, request: PartRequest, environment: Mapping[str, str]) -> None:
    """Run the stage in a process of its own.

    Raises:
        StageError: It left no result.
    """
    words = ["--part", str(folder), "--fleet", str(folder / "fleet.txt"), "--dist", str(folder / "dist")]
    words += ["--project", request.project, "--artifacts", request.artifacts, "--cache", request.cache]
    command = [sys.executable, *start_words("ops.supply_chain.runner.one"), request.stage, *words, *request.words]
    variables = stage_variables(row_of(request.stage).secrets_for(command), environment)
    where = Path(request.folder)
    if not where.is_dir():
        raise UnavailableError("this worker does not have the folder in which the run was started", hint=SHARED)
    done = subprocess.run(command, cwd=where, env=variables, capture_output=True, check=False)
    if done.returncode == ExitCode.PASS:
        return
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    problem = next((line.removeprefix("error: ") for line in lines if line.startswith("error: ")), "")
    hint = next((line.strip().removeprefix("next: ") for line in lines if line.strip().startswith("next: ")), "")
    raise _error(done.returncode)(
        problem or f"{request.stage} ended with {done.returncode}: {lines[-1] if lines else 'no message'}", hint=hint
    )


def _error(code: int) -> type[StageError]:
    """Return the class of error that ends a stage with a code; for a crash, that nothing was examined."""
    known = {kind.exit_code: kind for kind in StageError.__subclasses__() if hasattr(kind, "exit_code")}
    return known.get(ExitCode(code), UnavailableError) if code in list(ExitCode) else UnavailableError


def _sightings(folder: Path, components: list[str], before: Mapping[str, bytes]) -> dict[str, tuple[LedgerLine, ...]]:
    """Return the lines that the stage has added to each ledger."""
    found = {}
    for component in components:
        ledger = ledgers.read(ledgers.ledger_path(folder, component))
        if ledger is not None:
            known = len(read_ledger(before.get(component, b""), where=component).lines)
            found[component] = ledger.lines[known:]
    return found


if __name__ == "__main__":
    raise SystemExit(main())
