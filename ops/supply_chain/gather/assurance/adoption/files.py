"""Files of an adoption: read the templates of this checkout, write the planned files."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from ops.supply_chain.adapters.files import git
from ops.supply_chain.adapters.files.new_files import add_file, replace_file
from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.assurance.adoption.model import AdoptionPlan, PipelineSource
from ops.supply_chain.assurance.adoption.plan import TEMPLATE
from ops.supply_chain.assurance.adoption.workflows import NAMES, SEMGREP
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.core.start import TREE, is_carried
from ops.supply_chain.inventory.model.document import GENERATOR_VERSION
from ops.supply_chain.release.publication.names import repository_of

TEMPLATES = "templates"


def pipeline_of(repository: Path = TREE) -> PipelineSource:
    """Return the repository and commit of this checkout, empty where unknown; the version of an installed sealwright."""
    if is_carried(repository):
        return PipelineSource(version=GENERATOR_VERSION, listed=not _is_from_file())
    try:
        state = git.read_state(repository)
    except UnavailableError:
        return PipelineSource()
    if state is None or state.prefix:
        return PipelineSource()
    return PipelineSource(repository=on_github(state.remote), commit=state.commit)


def _is_from_file() -> bool:
    """Return whether sealwright was installed from a file or an address, and not from an index (PEP 610)."""
    try:
        return metadata.distribution("sealwright").read_text("direct_url.json") is not None
    except metadata.PackageNotFoundError:
        return False


def read_templates(*, document: bool) -> dict[str, str]:
    """Read the templates of this pipeline: name -> text.

    Args:
        document: Whether to read the template of SECURITY.md too.
    Raises:
        InputError: A template is missing from this checkout.
    """
    wanted = {name: f"{TEMPLATES}/workflows/{name}" for name in (*NAMES, SEMGREP)}
    wanted |= {TEMPLATE: f"{TEMPLATES}/{TEMPLATE}"} if document else {}
    files = ProjectFiles(TREE)
    found = {name: files.read(path) for name, path in wanted.items()}
    missing = sorted(wanted[name] for name, data in found.items() if data is None)
    if missing:
        raise InputError(f"{missing[0]}: is missing from this checkout of sealwright", hint="Restore it from git.")
    return {name: (data or b"").decode() for name, data in found.items()}


def write_plan(root: Path, plan: AdoptionPlan) -> None:
    """Write the planned files, each in one atomic step.

    Raises:
        OutputError: A file cannot be written, or was created during the run.
    """
    for file in plan.files:
        if file.old is None:
            add_file(root, file.path, file.new)
        else:
            replace_file(root, file.path, old=file.old, new=file.new)


def on_github(remote: str) -> str:
    """Return `OWNER/REPO` of a remote on GitHub; empty for others."""
    from ops.supply_chain.adapters.github.address import api_from_environment, web_host

    return repository_of(remote, web_host(api_from_environment()))
