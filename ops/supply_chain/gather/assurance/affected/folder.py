"""The answer for a deployed folder: what is installed there, what of it is vulnerable, and which release it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ops.supply_chain.contracts.values.registry import PackageName, RegisteredComponent
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import plural
from ops.supply_chain.formats.version_orders.ecosystems import PYPI
from ops.supply_chain.formats.version_orders.orders import compare
from ops.supply_chain.gather.assurance.affected.advisories import package_decisions
from ops.supply_chain.gather.assurance.affected.deployed import NOTHING_INSTALLED
from ops.supply_chain.gather.assurance.affected.sources import Sources
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.suppliers.affected.model import Answer, Decide, Decided, PlaceStatus, Problem, WantedPackage
from ops.supply_chain.suppliers.affected.question import Question
from ops.supply_chain.suppliers.affected.search import Search

MOST_PRODUCTS = 3
"""Releases and products that a note names."""

NOTHING = "no installed Python distribution was found in it"


def answer_folder(run: StageRun, question: Question, sources: Sources) -> Answer:
    """Return what is known of a deployed folder, the first one of the sources.

    Args:
        run: The stage's run.
        question: The folder.
        sources: Everything that is searched.
    """
    installed: dict[str, set[str]] = {}
    for folder in sources.deployed:
        for item in folder.distributions:
            installed.setdefault(normalise(item.name), set()).add(item.version)
    decisions, feeds, problems = package_decisions(run, installed)
    search = Search(
        WantedPackage(PackageName("pypi", "", name), _only(decide, installed[name]))
        for name, decide in decisions.items()
    )
    found, _ = sources.places(search)
    places = tuple(place for place in found if place.status is not PlaceStatus.CLEAR)
    unread = tuple(sources.problems)
    if not installed:
        problems = (Problem(NOTHING, NOTHING_INSTALLED), *problems)
        if len(sources.deployed) == 1:  # the same of the folder itself
            unread = tuple(problem for problem in unread if problem.step != NOTHING_INSTALLED)
    return Answer(
        question=question.text,
        subject=question.name,
        folder=True,
        places=places,
        problems=(*problems, *unread),
        feeds=feeds,
        searched=sources.searched,
        notes=(*_origins(sources, installed), *sources.notes),
    )


def _only(decide: Decide, installed: set[str]) -> Decide:
    """Return a decision that is about the installed versions alone."""

    def decide_installed(component: RegisteredComponent) -> Decided:
        same = any(
            version == component.version or compare(PYPI, version, component.version) == 0 for version in installed
        )
        return decide(component) if same else Decided(PlaceStatus.CLEAR)

    return decide_installed


def _origins(sources: Sources, installed: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield which release lists most of what is installed, and how many files have a digest that is known."""
    if not installed:
        return
    counts = sources.products_that_list(installed)
    if counts:
        listed = "; ".join(f"{product} lists {count}" for product, count in counts[:MOST_PRODUCTS])
        more = f"; and {plural(len(counts) - MOST_PRODUCTS, 'more product')}" if len(counts) > MOST_PRODUCTS else ""
        yield f"of {plural(len(installed), 'installed distribution')} {listed}{more}"
    known = sources.known_files()
    if known:
        yield f"{plural(len(known), 'file')} known by digest, such as {_first(known)}"


def _first(known: Sequence[tuple[str, str]]) -> str:
    path, owner = known[0]
    return f"{path} ({owner})"
