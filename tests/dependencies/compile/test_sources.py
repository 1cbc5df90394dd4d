from __future__ import annotations

import pytest

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.dependencies.compile.sources import LockSource, choose, read_source, waves

NAMES = {
    "plain": ("requests", ("requests",)),
    "specifier": ("requests>=2,<3", ("requests",)),
    "spaces": ("  Zope.Interface  ~= 5.0 # why", ("zope-interface",)),
    "extras and marker": ('httpx[http2] ; python_version < "3.12"', ("httpx",)),
    "direct reference": ("six @ https://example.org/six-1.0.tar.gz", ("six",)),
    "hash continued": ("a==1 \\\n  --hash=sha256:aa\nb", ("a", "b")),
    "comment only": ("# requests\n\n   # more\n", ()),
    "hash in a name is no comment": ("a#b", ()),
    "option": ("--pre\n--index-url https://example.org/simple\n", ()),
    "carriage returns": ("a==1\r\nb\r\n", ("a", "b")),
    "twice": ("b\na\nB\n", ("a", "b")),
}


@pytest.mark.parametrize(("text", "names"), NAMES.values(), ids=NAMES)
def test_the_names_that_a_source_requires(text: str, names: tuple[str, ...]) -> None:
    assert read_source(text).names == names


@pytest.mark.parametrize(
    ("line", "requires", "constrains"),
    [
        ("-r ../boto3.in", ("../boto3.in",), ()),
        ("-rboto3.in", ("boto3.in",), ()),
        ("--requirement boto3.in  # shared", ("boto3.in",), ()),
        ("--requirement=boto3.in", ("boto3.in",), ()),
        ('-r "with space.in"', ("with space.in",), ()),
        ("-c main.txt", (), ("main.txt",)),
        ("--constraint=main.txt", (), ("main.txt",)),
        ("requests-cache", (), ()),
    ],
)
def test_includes(line: str, requires: tuple[str, ...], constrains: tuple[str, ...]) -> None:
    found = read_source(line)
    assert (found.requires, found.constrains) == (requires, constrains)


@pytest.mark.parametrize(
    "line", ["-e .", "./vendored", "../lib", "a @ file:///x/a.whl", "--find-links wheels", "x.whl"]
)
def test_a_line_that_leads_to_a_file_ties_the_source_to_its_place(line: str) -> None:
    assert read_source(f"six\n{line}\n").local


def test_names_includes_and_index_do_not_tie_it() -> None:
    assert not read_source("six\n-r a.in\n-c b.txt\n--index-url https://example.org/simple\n").local


def chosen(files: list[str], *, included: tuple[str, ...] = (), named: tuple[str, ...] | None = None) -> list[str]:
    return [source.path for source in choose(files, included=included, named=named)]


def test_requirements_with_a_marker() -> None:
    text = (
        "plain\nOne.two>=1 ; os_name == 'nt' --hash=sha256:00  # why\nurl @ https://h/x-1.whl ; python_version<'3'\n"
        "-e ./x ; y\nbroken ; nonsense\n"
    )
    assert read_source(text).conditional == (("one-two", 'os_name == "nt"'), ("url", 'python_version < "3"'))


def test_which_files_are_sources() -> None:
    files = [
        "requirements.in", "MANIFEST.in", "src/config.h.in", "boto3.in", "a/requirements.in", "requirements-dev.in",
        "requirements/main.in", "requirements/main.txt", "dev-requirements.in", "requirements/deep/x.in",
    ]  # fmt: skip
    assert chosen(files) == [
        "a/requirements.in", "dev-requirements.in", "requirements-dev.in", "requirements.in", "requirements/main.in",
    ]  # fmt: skip


def test_what_is_only_included_by_others_is_not_compiled_on_its_own() -> None:
    files = ["requirements/base.in", "requirements/main.in", "requirements/main.txt", "a/requirements.in"]
    assert chosen(files, included=tuple(files)) == ["a/requirements.in", "requirements/main.in"]


def test_include_names_the_locks_and_nothing_else() -> None:
    files = ["requirements.in", "locks/tools.in"]
    assert chosen(files, named=("locks/tools.txt",)) == ["locks/tools.in"]
    assert chosen(files, named=()) == []


def source(name: str) -> LockSource:
    return LockSource(path=f"{name}.in", lock=f"{name}.txt")


def ordered(
    sources: list[LockSource], uses: dict[str, list[str]]
) -> tuple[list[list[LockSource]], dict[str, InputError]]:
    reported: dict[str, InputError] = {}
    return waves(sources, uses, reported.__setitem__), reported


def test_a_lock_is_made_before_what_includes_it() -> None:
    found, _ = ordered([source("dev"), source("a"), source("main")], {"dev.in": ["main.txt"], "main.in": ["a.in"]})
    assert [[one.path for one in wave] for wave in found] == [["a.in", "main.in"], ["dev.in"]]


def test_the_locks_of_a_circle_are_reported_and_the_others_ordered() -> None:
    found, reported = ordered([source("a"), source("b"), source("c")], {"a.in": ["b.txt"], "b.in": ["a.txt"]})
    assert [[one.path for one in wave] for wave in found] == [["c.in"]]
    assert {path: error.message for path, error in reported.items()} == dict.fromkeys(
        ("a.txt", "b.txt"), "a.in, b.in: each includes another's lock"
    )


def test_a_source_constrained_by_its_own_lock_waits_for_nobody() -> None:
    assert ordered([source("a")], {"a.in": ["a.txt"]}) == ([[source("a")]], {})
