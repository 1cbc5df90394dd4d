"""Documents scored by a quality profile without taking them in: nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ops.supply_chain.adapters.files.supplier_files import given_documents
from ops.supply_chain.contracts.config.suppliers import QualityProfile
from ops.supply_chain.gather.suppliers.read import read_document
from ops.supply_chain.suppliers.documents import MOST_DEFECTS_SHOWN
from ops.supply_chain.suppliers.profiles.score import ScoredDocument, score


def scores_of(paths: Sequence[Path], profile: QualityProfile) -> Iterator[ScoredDocument]:
    """Yield the score of each document.

    Args:
        paths: Files, folders or archives.
        profile: What they are measured by.
    Raises:
        UsageError: There is no such path.
        UnavailableError: A schema that a document is checked with is not installed.
    """
    for given in given_documents(paths):
        if given.problem:
            yield ScoredDocument(given.place, given.problem)
            continue
        read = read_document(given.data, given.name)
        if read.sbom is None:
            yield ScoredDocument(given.place, read.problem or "it is a VEX document: only SBOMs have a profile")
            continue
        yield ScoredDocument(
            given.place,
            score=score(read.sbom, profile),
            defects=read.defects[:MOST_DEFECTS_SHOWN],
            defect_count=read.defect_count,
        )
