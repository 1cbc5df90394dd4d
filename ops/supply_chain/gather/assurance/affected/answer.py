"""One question, answered from all sources."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ops.supply_chain.contracts.values.registry import PackageName
from ops.supply_chain.core.commands import command, quoted
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.version_orders.ecosystems import base_ecosystem
from ops.supply_chain.gather.assurance.affected.sources import Sources
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.suppliers.affected.model import Answer, PlaceStatus, Problem, WantedPackage
from ops.supply_chain.suppliers.affected.question import Question, QuestionKind
from ops.supply_chain.suppliers.affected.search import Search, by_versions, near_names
from ops.supply_chain.suppliers.affected.versions import Versions

DISTRIBUTIONS = frozenset({"apk", "deb"})
NO_SOURCE = "packages of {ecosystem} do not name their source package (upstream=), which its advisories are about"


def answer(run: StageRun, question: Question, sources: Sources) -> Answer:
    """Answer a question.

    Args:
        run: The stage's run.
        question: An advisory, a package or a digest.
        sources: Everything that is searched.
    """
    feeds = run.args.advisories if question.kind in (QuestionKind.ADVISORY, QuestionKind.PATH) else ()
    return msgspec.structs.replace(_answer(run, question, sources), options=options_of(feeds))


def _answer(run: StageRun, question: Question, sources: Sources) -> Answer:
    if question.kind is QuestionKind.ADVISORY:
        return _of_advisory(run, question, sources)
    if question.kind is QuestionKind.DIGEST:
        return _of_digest(question, sources)
    if question.kind is QuestionKind.PATH:
        from ops.supply_chain.gather.assurance.affected.folder import answer_folder

        return answer_folder(run, question, sources)
    return _of_package(question, sources)


def again(run: StageRun, text: str, given: Sequence[str]) -> str:
    """Return the command that asks again with more feeds.

    Args:
        run: The stage's run.
        text: The question as typed.
        given: Values of `--advisories`.
    """
    words = [quoted(text), *(quoted(str(folder)) for folder in run.args.question[1:])]
    return command("affected", *words, *options_of([*run.args.advisories, *given]))


def options_of(feeds: Sequence[str]) -> tuple[str, ...]:
    """Return the options with which the same places are asked, quoted.

    Args:
        feeds: Values of `--advisories`.
    """
    words = []
    for value in feeds:
        words += ["--advisories", quoted(value)]
    return tuple(words)


def _of_advisory(run: StageRun, question: Question, sources: Sources) -> Answer:
    from ops.supply_chain.gather.assurance.affected.advisories import known_advisory

    known = known_advisory(run, question.ids, sources.listed(), lambda given: again(run, question.text, given))
    search = Search((*known.wanted, *sources.spelt_otherwise(known.wanted)))
    places, others = sources.places(search, known.ids)
    problems = [*known.problems]
    if search.sources:
        named = {base_ecosystem(item.type, item.namespace) for item in search.packages}
        counts = sources.without_source()
        problems += [
            Problem(
                f"{counts[name]:,} {NO_SOURCE.format(ecosystem=name)}",
                "Ask the suppliers for package URLs with upstream=.",
            )
            for name in sorted(named & counts.keys())
        ]
    return Answer(
        question=question.text,
        subject=" = ".join(known.ids[:3]) if known.ids else question.text,
        ids=known.ids,
        summary=known.summary,
        severity=known.severity,
        exploitation=_exploitation(run, known.ids),
        packages=tuple(dict.fromkeys(_shown(item.package) for item in known.wanted if item.certain)),
        unknown=known.unknown,
        withdrawn=known.withdrawn,
        places=places,
        others=others,
        problems=(*problems, *sources.problems),
        feeds=known.feeds,
        searched=sources.searched,
        notes=tuple(sources.notes),
    )


def _exploitation(run: StageRun, ids: Sequence[str]) -> str:
    """Return what KEV and EPSS say of a vulnerability, in words; empty where neither is configured."""
    if not (run.config.feeds.kev or run.config.feeds.epss):
        return ""
    from ops.supply_chain.gather.gates.exploitation import exploitation_feeds

    with exploitation_feeds(run) as feeds:
        found = feeds.of(ids)
        unchecked = f"exploitation was not checked: {printable(feeds.problem)}" if feeds.problem else ""
        if found is None:
            return unchecked
        return ", ".join(filter(None, (found.words or unchecked, found.score)))


def _of_package(question: Question, sources: Sources) -> Answer:
    versions = question.versions
    packages = (question.package,) if question.package else sources.packages_called(question.name)
    wanted = [
        WantedPackage(
            package,
            by_versions(package, versions if question.package else Versions("", package.type), question.release),
            package.name if package.type in DISTRIBUTIONS else "",
        )
        for package in packages
    ]
    places, others = sources.places(Search((*wanted, *sources.spelt_otherwise(wanted))))
    near: tuple[str, ...] = ()
    name = question.name or packages[0].name
    listed = bool(others) or any(place.status is not PlaceStatus.POSSIBLE for place in places)
    if not listed:
        type_ = question.package.type if question.package else ""
        near = near_names(name, sources.names(type_) - {name, normalise(name)})
    same_name = () if listed or not question.package else sources.packages_called(name)
    elsewhere = [_shown(other) for other in same_name if other != question.package and other.type != "pypi"]
    return Answer(
        question=question.text,
        subject=_subject(question),
        versions=not versions.everything,
        packages=tuple(map(_shown, packages)),
        near=near,
        retry=question.text.replace(question.typed_name, near[0], 1) if near else "",
        elsewhere=tuple(elsewhere),
        places=places,
        others=others,
        problems=tuple(sources.problems),
        searched=sources.searched,
        notes=tuple(sources.notes),
    )


def _subject(question: Question) -> str:
    if question.package is None:
        return question.name
    shown = _shown(question.package)
    release = f" of {question.release}" if question.release else ""
    return f"{shown}{release} {question.versions}".strip()


def _shown(package: PackageName) -> str:
    if package.type == "pypi":
        return package.name
    return f"pkg:{'/'.join(filter(None, package))}"


def _of_digest(question: Question, sources: Sources) -> Answer:
    return Answer(
        question=question.text,
        subject=f"{question.algorithm or 'digest'}:{question.digest}",
        versions=False,
        digest=True,
        places=sources.places_of_digest(question.digest),
        problems=tuple(sources.problems),
        searched=sources.searched,
        notes=tuple(sources.notes),
    )
