from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.adapters.index.client import PackageIndex
from ops.supply_chain.adapters.index.project_pages import NO_INDEX_REMEDY, Pages
from ops.supply_chain.contracts.values.package_index import PageAddress, ProjectListing
from ops.supply_chain.core.errors import UsageError
from tests.fakes.index import Ask, FakeIndex, Mood

CALM = Timeouts(attempts=1)


@pytest.fixture(autouse=True)
def _no_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))


def count(_page: PageAddress, listing: ProjectListing | None) -> int:
    return -1 if listing is None else len(listing.files)


def ask(index: FakeIndex, cache: Path, *pages: tuple[str, str], trusted: Sequence[str] = ()) -> Pages[int]:
    package_index = PackageIndex(cache, url=index.url, trusted=trusted, timeouts=CALM)
    return package_index.pages([PageAddress(*page) for page in pages], count)


@pytest.mark.parametrize("form", ["json", "html"])
def test_each_page_is_read_and_what_is_absent_is_told(tmp_path: Path, form: str) -> None:
    with FakeIndex(form=form) as index:
        index.add_wheel("demo", "1.0")
        index.add_sdist("demo", "1.0")
        pages = ask(index, tmp_path, ("", "gone"), ("", "demo"))
    assert (list(pages.read.items()), pages.failed) == ([(("", "demo"), 2), (("", "gone"), -1)], {})


def test_a_private_project_is_asked_for_at_its_index_and_nowhere_else(tmp_path: Path) -> None:
    with FakeIndex() as public, FakeIndex() as private:
        public.add_wheel("demo", "1.0")
        private.add_wheel("inner", "1.0")
        pages = ask(public, tmp_path, ("", "demo"), (private.url, "inner"), trusted=[private.url])
    assert pages.read == {("", "demo"): 1, (private.url, "inner"): 1}
    assert (public.asked("inner"), private.asked("demo")) == (0, 0)


def test_two_names_of_one_index_are_asked_once(tmp_path: Path) -> None:
    with FakeIndex() as index:
        index.add_wheel("demo", "1.0")
        pages = ask(index, tmp_path, ("", "demo"), (index.url.rstrip("/"), "demo"), (index.url, "demo"))
        assert (len(pages.read), index.asked("/simple/demo/")) == (3, 1)


def test_one_index_that_fails_does_not_silence_the_other(tmp_path: Path) -> None:
    with FakeIndex() as public, FakeIndex() as private:
        public.add_wheel("demo", "1.0")
        private.misbehave(Ask.SIMPLE, Mood.SERVER_ERROR)
        pages = ask(public, tmp_path, ("", "demo"), (private.url, "inner"), trusted=[private.url])
        ((page, error),) = pages.failed.items()
        assert error.message == f"package index {private.url}inner/: answered with HTTP status 500"
    assert (pages.read, page) == ({("", "demo"): 1}, (private.url, "inner"))


def test_an_index_that_knows_none_of_the_projects_is_none(tmp_path: Path) -> None:
    with FakeIndex() as index:
        pages = ask(index, tmp_path, ("", "demo"), ("", "other"))
        assert pages.read == {}
        assert {(error.message, error.hint) for error in pages.failed.values()} == {
            (
                f"package index {index.url}: has none of the 2 projects that it was asked for (HTTP status 404)",
                NO_INDEX_REMEDY,
            )
        }


def test_of_one_project_the_same_holds(tmp_path: Path) -> None:
    with FakeIndex() as index:
        (error,) = ask(index, tmp_path, ("", "demo")).failed.values()
        assert error.message == (
            f"package index {index.url}: has not the only project that it was asked for (HTTP status 404)"
        )


def test_no_page_asks_nobody(tmp_path: Path) -> None:
    with FakeIndex() as index:
        pages = ask(index, tmp_path)
        assert (pages.read, pages.failed, index.requests) == ({}, {}, [])


def test_an_index_that_is_no_address_fails_for_its_pages_only(tmp_path: Path) -> None:
    with FakeIndex() as index:
        index.add_wheel("demo", "1.0")
        pages = ask(index, tmp_path, ("", "demo"), ("${INDEX}/simple", "inner"))
    ((page, error),) = pages.failed.items()
    assert (page.name, type(error), pages.read) == ("inner", UsageError, {("", "demo"): 1})
    assert error.message == "index of inner: '${INDEX}/simple' is not an https address"


def test_offline_asks_nobody(tmp_path: Path) -> None:
    with FakeIndex() as index:
        pages = PackageIndex(tmp_path, url=index.url, offline=True).pages([PageAddress("", "demo")], count)
        assert (pages.read, len(pages.failed), index.requests) == ({}, 1, [])
