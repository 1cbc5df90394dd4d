from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.contracts.config.publishers import PublishersConfig
from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.contracts.values.lock import Lock, LockEntry, LockKind, Pin, PinSource, PinSourceKind
from ops.supply_chain.contracts.values.publisher import Publisher
from ops.supply_chain.core import canonical
from ops.supply_chain.core.names import normalise
from ops.supply_chain.dependencies.publishers.metadata import FieldChange, compare_metadata, field_changes
from ops.supply_chain.gather.gates.locks import read_project_locks

CONFIG = PublishersConfig()
FIELDS = ("author", "author_email", "maintainer", "maintainer_email", "home_page")


def publisher(**changes: object) -> Publisher:
    plain = {"author": "A", "author_email": "", "home_page": "", "maintainer": "", "maintainer_email": ""}
    return Publisher(**{**plain, "project_urls": {}, **changes})  # type: ignore[arg-type]


def entry(name: str, line: int = 1, *, direct: bool | None = True, source: PinSource | None = None) -> LockEntry:
    pin = Pin(name=name, written_name=name, version="1.0", hashes=("sha256:" + "a" * 64,))
    if source:
        pin = Pin(name=name, written_name=name, version="1.0", hashes=(), source=source)
    return LockEntry(pin=pin, line=line, path="f/requirements.txt", direct=direct)


def lock(*entries: LockEntry) -> Lock:
    return Lock(path="f/requirements.txt", kind=LockKind.REQUIREMENTS, sha256="0" * 64, size=1, entries=entries)


def baseline(**deps: Publisher) -> PublisherBaseline:
    return PublisherBaseline(direct_deps=deps)


CHANGED = {
    **{field: ({field: "old"}, {field: "new"}, FieldChange(field, "old", "new")) for field in FIELDS},
    "gone": ({"author": "old"}, {"author": ""}, FieldChange("author", "old", "")),
    "address changed": (
        {"project_urls": {"Code": "https://a"}},
        {"project_urls": {"Code": "https://b"}},
        FieldChange("project_urls[Code]", "https://a", "https://b"),
    ),
    "address added": (
        {"project_urls": {}},
        {"project_urls": {"Code": "https://b"}},
        FieldChange("project_urls[Code]", "", "https://b"),
    ),
    "address removed": (
        {"project_urls": {"Code": "https://a"}},
        {"project_urls": {}},
        FieldChange("project_urls[Code]", "https://a", ""),
    ),
}


@pytest.mark.parametrize(("old", "new", "difference"), CHANGED.values(), ids=CHANGED)
def test_each_field_counts(old: dict[str, object], new: dict[str, object], difference: FieldChange) -> None:
    assert field_changes(publisher(**old), publisher(**new)) == (difference,)


def test_white_space_around_a_value_is_no_change() -> None:
    assert field_changes(publisher(author="A\n"), publisher(author=" A")) == ()


TEXTS = st.text(max_size=5).map(str.strip)
PUBLISHERS = st.builds(
    Publisher,
    **dict.fromkeys(FIELDS, TEXTS),
    project_urls=st.dictionaries(TEXTS, TEXTS.filter(bool), max_size=3),
)


@settings(derandomize=True, max_examples=200)
@given(PUBLISHERS, PUBLISHERS)
def test_no_difference_means_the_same_and_back_again_is_the_reverse(one: Publisher, other: Publisher) -> None:
    forth, back = field_changes(one, other), field_changes(other, one)
    assert (forth == ()) == (one == other)
    assert [(d.field, d.new, d.old) for d in back] == [(d.field, d.old, d.new) for d in forth]


def test_a_change_names_field_old_and_new_at_its_line() -> None:
    [found] = compare_metadata(
        lock(entry("idna", 7)), baseline(idna=publisher()), {"idna": publisher(author="B")}, CONFIG
    )
    assert (found.code, found.severity, found.package, found.version) == (
        "publisher.metadata-changed",
        Severity.MEDIUM,
        "idna",
        "1.0",
    )
    assert (found.path, found.line) == ("f/requirements.txt", 7)
    assert found.message == "idna: expected author 'A', found 'B'"
    assert found.next_step == (
        "Review who publishes idna now; if the change is legitimate, run nox -s check_publishers -- --record --accept idna."
    )


HOSTILE = {
    "credentials": ("https://user:secret@h/x", "'https://h/x'"),
    "token": ("https://h/x?token=secret", "'https://h/x?token=****'"),
    "escape sequence": ("\x1b[2K\rsecret"[:4], "'?[2K'"),
    "line break": ("a\nb", "'a?b'"),
    "override": ("a\u202eb", "'a?b'"),
    "long": ("x" * 5000, "'" + "x" * 200 + "...'"),
}


@pytest.mark.parametrize(("value", "shown"), HOSTILE.values(), ids=HOSTILE)
def test_what_strangers_wrote_is_shown_safely(value: str, shown: str) -> None:
    now = {"idna": publisher(home_page=value)}
    [found] = compare_metadata(lock(entry("idna")), baseline(idna=publisher()), now, CONFIG)
    assert found.message == f"idna: expected home_page '', found {shown}"
    label = {"idna": publisher(project_urls={value: "https://x"})}
    [found] = compare_metadata(lock(entry("idna")), baseline(idna=publisher()), label, CONFIG)
    assert "secret" not in found.message
    assert "\n" not in found.message


def test_names_are_compared_in_their_plain_form() -> None:
    found = compare_metadata(
        lock(entry("charset-normalizer")),
        baseline(charset_Normalizer=publisher()),
        {"charset-normalizer": publisher()},
        CONFIG,
    )
    assert found == ()


def test_a_direct_dependency_that_the_baseline_lacks() -> None:
    both = {"a": publisher(), "b": publisher()}
    [found] = compare_metadata(lock(entry("a"), entry("b", 2)), baseline(a=publisher()), both, CONFIG)
    assert (found.code, found.severity, found.line) == ("publisher.not-in-baseline", Severity.MEDIUM, 2)
    assert found.message == "b: expected an entry in the publisher baseline beside the lock, found none"


def test_an_entry_that_is_no_direct_dependency() -> None:
    found = compare_metadata(
        lock(entry("a"), entry("b", direct=False)),
        baseline(a=publisher(), b=publisher(), c=publisher()),
        {"a": publisher()},
        CONFIG,
    )
    assert [(one.code, one.severity, one.package) for one in found] == [
        ("publisher.stale-baseline", Severity.INFO, "b"),
        ("publisher.stale-baseline", Severity.INFO, "c"),
    ]


def test_a_project_that_left_the_index() -> None:
    [found] = compare_metadata(lock(entry("a")), baseline(a=publisher()), {"a": None}, CONFIG)
    assert (found.code, found.severity) == ("publisher.project-gone", Severity.HIGH)
    assert found.message == ("a: expected the recorded project on the index, found none of that name")


def test_no_baseline() -> None:
    [found] = compare_metadata(lock(entry("a"), entry("b")), None, {"a": publisher()}, CONFIG)
    assert (found.code, found.severity, found.line) == ("publisher.no-baseline", Severity.MEDIUM, 0)
    assert found.message == ("no publisher baseline beside the lock, which has 2 direct dependencies from an index")


NO_BASELINE_NEEDED = {
    "empty": lock(),
    "nothing direct": lock(entry("a", direct=False)),
    "nothing from an index": lock(entry("a", source=PinSource(kind=PinSourceKind.VCS, url="https://g/x", vcs="git"))),
}


@pytest.mark.parametrize("one", NO_BASELINE_NEEDED.values(), ids=NO_BASELINE_NEEDED)
def test_a_lock_that_needs_no_baseline(one: Lock) -> None:
    assert compare_metadata(one, None, {}, CONFIG) == ()


def test_a_dependency_of_which_nobody_knows_whether_it_is_direct_counts() -> None:
    [found] = compare_metadata(lock(entry("a", direct=None)), None, {}, CONFIG)
    assert found.code == "publisher.no-baseline"


def test_what_was_not_examined_yields_no_finding() -> None:
    assert compare_metadata(lock(entry("a")), baseline(a=publisher()), {}, CONFIG) == ()


def test_severities_are_configured() -> None:
    config = PublishersConfig(
        metadata_changed=Severity.LOW, publisher_changed=Severity.CRITICAL, no_baseline=Severity.INFO
    )
    view = lock(entry("a"), entry("b"), entry("c"))
    now = {"a": publisher(author="B"), "b": None, "c": publisher()}
    found = compare_metadata(view, baseline(a=publisher(), b=publisher()), now, config)
    assert [one.severity for one in found] == [Severity.LOW, Severity.CRITICAL, Severity.INFO]


def test_the_baselines_of_a_real_project_fit_its_locks(shared_data: Path) -> None:
    """OpenSecOps SOAR: 76 baselines, written by another tool, each for exactly the direct dependencies."""
    root = shared_data / "projects" / "soar"
    locks = [one for one in read_project_locks(root, LocksConfig()) if one.entries]
    for one in locks:
        known = canonical.read((root / one.path).with_suffix(".provenance.json"), PublisherBaseline)
        now = {normalise(spelt): publisher for spelt, publisher in known.direct_deps.items()}
        assert compare_metadata(one, known, now, CONFIG) == ()
        assert compare_metadata(one, known, {**now, **dict.fromkeys(now)}, CONFIG) != ()
    assert len(locks) > 60
