"""The project as its SBOMs describe it."""

from __future__ import annotations

from collections.abc import Sequence

from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.core.moments import timestamp_of_epoch
from ops.supply_chain.dependencies.locks.product import product_names
from ops.supply_chain.inventory.build.documents import DescribedProject
from ops.supply_chain.inventory.model.document import TimestampSource
from ops.supply_chain.runner.context import StageRun


def subject_of(run: StageRun, locks: Sequence[Lock]) -> DescribedProject:
    """Return the project as an SBOM describes it."""
    project, config = run.project, run.config.sbom
    known = project.epoch_source != TimestampSource.NONE
    authors = ", ".join(project.authors)
    return DescribedProject(
        name=project.name,
        version=project.version,
        python_name=project.python_name,
        is_package=project.is_package,
        licence=project.licence,
        author=config.author or authors,
        producer=config.producer or authors,
        author_contact=config.author_contact,
        producer_contact=config.producer_contact,
        description=project.description,
        timestamp=timestamp_of_epoch(project.epoch) if known else "",
        timestamp_source=TimestampSource(project.epoch_source),
        index_url=run.config.index.url,
        scopes=run.config.locks.scopes,
        product=product_names(locks, ProjectFiles(run.root).read),
    )
