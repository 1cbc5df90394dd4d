from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.adapters.index.client import PackageIndex
from ops.supply_chain.adapters.index.core_metadata import FileLimits
from ops.supply_chain.adapters.index.session import Limits
from ops.supply_chain.contracts.values.lock import Pin, PinSource, PinSourceKind
from ops.supply_chain.contracts.values.package_index import ProjectInfo
from ops.supply_chain.core.errors import ExitCode, UnavailableError, UsageError
from tests.fakes.index import Ask, FakeIndex, Mood, core_metadata, impatient
from tests.fakes.matrix import diagonals

CALM = Timeouts(attempts=2, backoff_seconds=0.01)
SMALL = Limits(page_bytes=1 << 20, json_bytes=1 << 20, of_files=FileLimits(1 << 20, 2 << 20))
INFO = {
    "name": "Demo",
    "version": "1.0",
    "author": "UNKNOWN",
    "author_email": "a@example.org",
    "maintainer": None,
    "home_page": "https://example.org",
    "project_urls": {"Source": "https://example.org/src", "Docs": None},
}


@pytest.fixture(autouse=True)
def _no_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))


def reach(index: FakeIndex, cache: Path, **options: Any) -> PackageIndex:
    return PackageIndex(
        cache, **{"url": index.url, "json_url": index.json_url, "timeouts": CALM, "limits": SMALL, **options}
    )


def pin(name: str, version: str = "1.0", *hashes: str, url: str = "", **changes: Any) -> Pin:
    source = PinSource(kind=PinSourceKind.INDEX, url=url)
    return Pin(
        **{"name": name, "written_name": name, "version": version, "hashes": hashes, "source": source, **changes}
    )


# Questions and answers


@pytest.mark.parametrize("form", ["json", "html", "mislabelled"])
def test_project_files(tmp_path: Path, form: str) -> None:
    with FakeIndex(form=form) as index:
        wheel = index.add_wheel("demo", "1.0", yanked="bad & old")
        index.statuses["demo"] = {"status": "archived"}
        listings = reach(index, tmp_path).project_files(["Demo", "demo", "gone"])
        (file,) = listings["demo"].files if listings["demo"] else ()
        address = index.address
    assert list(listings) == ["demo", "gone"]
    assert listings["gone"] is None
    assert listings["demo"] is not None
    assert listings["demo"].status == "archived"
    assert file.url == f"{address}/files/demo-1.0-py3-none-any.whl"
    assert file.hashes == (wheel.pin_hash,)
    assert (file.yanked, file.yanked_reason) == (True, "bad & old")
    assert file.upload_time == "2026-01-02T03:04:05.678901Z"
    assert file.core_metadata == f"sha256:{str(wheel.announced).removeprefix('sha256=')}"


def test_project_json(tmp_path: Path) -> None:
    with FakeIndex() as index:
        index.infos["demo"] = INFO
        assert reach(index, tmp_path).project_json(["gone", "Demo"]) == {
            "demo": ProjectInfo(
                name="Demo",
                version="1.0",
                author="",
                author_email="a@example.org",
                home_page="https://example.org",
                project_urls=(("Docs", ""), ("Source", "https://example.org/src")),
            ),
            "gone": None,
        }


def test_a_private_index_is_not_mixed_with_the_public_project_json(tmp_path: Path) -> None:
    with FakeIndex() as index, pytest.raises(UnavailableError) as caught:
        reach(index, tmp_path, json_url="").project_json(["demo"])
    assert caught.value.message == f"package index {index.url}: no address of its project JSON is known"
    assert caught.value.hint == "Set json_url beside url in [index] of .security-config.toml."


@pytest.mark.parametrize("form", ["json", "html"])
def test_core_metadata_of_many_pins(tmp_path: Path, form: str) -> None:
    with FakeIndex(form=form) as index:
        one = index.add_wheel("one", "1.0", requires=("idna>=2",))
        index.add_wheel("one", "2.0", requires=("idna>=3",))
        source = index.add_sdist("two-part", "3.0", requires=("one",))
        pins = [
            pin("two-part", "3.0", source.pin_hash),
            pin("one", "1.0", one.pin_hash),
            pin("one", "1.0", one.pin_hash, marker="python_version < '4'"),
            pin("one", "2.0"),
            pin("gone"),
            pin("one", "7.0"),
            pin("here", local=True),
            pin("", "1.0", source=PinSource(kind=PinSourceKind.VCS, url="https://h.example/r")),
            pin("one", ""),
        ]
        answer = reach(index, tmp_path).core_metadata(pins)
        listings = index.asked("/simple/one/")
    assert [(p.name, m.version, m.requires_dist, m.requires_known) for p, m in answer.found.items()] == [
        ("two-part", "3.0", ("one",), True),
        ("one", "1.0", ("idna>=2",), True),
        ("one", "1.0", ("idna>=2",), True),
        ("one", "2.0", ("idna>=3",), True),
    ]
    assert [(p.name, p.version, reason) for p, reason in answer.missing] == [
        ("", "1.0", "the lock takes it from a vcs, not from an index"),
        ("gone", "1.0", "the index has no such project"),
        ("here", "1.0", "it is a package of the project itself"),
        ("one", "", "the lock has no exact version of it"),
        ("one", "7.0", "the index has no file of that version"),
    ]
    assert listings == 1


def test_no_pins_ask_nobody(tmp_path: Path) -> None:
    with FakeIndex() as index:
        answer = reach(index, tmp_path).core_metadata([])
        assert (answer.found, answer.missing, index.requests) == ({}, (), [])


# Where metadata comes from


def test_metadata_beside_the_wheel_saves_the_wheel(tmp_path: Path) -> None:
    with FakeIndex() as index:
        wheel = index.add_wheel("demo", "1.0")
        assert reach(index, tmp_path).core_metadata([pin("demo", "1.0", wheel.pin_hash)]).found
        assert [seen.path.rsplit("/", 1)[-1] for seen in index.requests] == ["", wheel.filename + ".metadata"]


INSIDE = [
    pytest.param({"announce": None}, 0, id="small-wheel"),
    pytest.param({"announce": False}, 0, id="announced-as-absent"),
    pytest.param({"announce": "hash"}, 0, id="announced-and-not-there"),
    pytest.param({"announce": None}, 400_000, id="metadata-far-from-the-end"),
]


@pytest.mark.parametrize(("options", "padding"), INSIDE)
def test_metadata_out_of_the_wheels_end(tmp_path: Path, options: dict[str, Any], padding: int) -> None:
    with FakeIndex(sidecars=False) as index:
        wheel = index.add_wheel("demo", "1.0", requires=("idna",), padding=padding, **options)
        wanted = pin("demo", "1.0", wheel.pin_hash)
        answer = reach(index, tmp_path).core_metadata([wanted])
        spans = [seen.headers["Range"] for seen in index.requests if "Range" in seen.headers]
    assert answer.found[wanted].requires_dist == ("idna",)
    assert spans[0] == "bytes=-65536"
    assert len(spans) == (1 if padding == 0 else 2)
    assert index.asked(".metadata") == (0 if options["announce"] is False else 1)


def test_metadata_out_of_the_whole_wheel_where_there_are_no_ranges(tmp_path: Path) -> None:
    with FakeIndex(sidecars=False, ranges=False) as index:
        wheel = index.add_wheel("demo", "1.0", announce=None, requires=("idna",))
        wanted = pin("demo", "1.0", wheel.pin_hash)
        assert reach(index, tmp_path).core_metadata([wanted]).found[wanted].requires_dist == ("idna",)


def wrong_beside(index: FakeIndex) -> Pin:
    wheel = index.add_wheel("demo", "1.0")
    wheel.metadata = core_metadata("demo", "1.0", requires=("evil",))
    return pin("demo", "1.0", wheel.pin_hash)


def wrong_inside(index: FakeIndex) -> Pin:
    index.sidecars = False
    wheel = index.add_wheel("demo", "1.0")
    wheel.announced = "sha256=" + "0" * 64
    return pin("demo", "1.0", wheel.pin_hash)


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_a_whole_file_with_another_hash_is_refused(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeIndex(sidecars=False, ranges=False) as index:
        file = index.add_wheel("demo", "1.0", announce=None) if kind == "wheel" else index.add_sdist("demo", "1.0")
        told = file.sha256
        monkeypatch.setattr(type(file), "sha256", told)
        file.data += b"x"
        with pytest.raises(UnavailableError) as caught:
            reach(index, tmp_path).core_metadata([pin("demo", "1.0", f"sha256:{told}")])
    assert caught.value.message == (
        "could not fetch core metadata of 1 of 1 packages: demo 1.0: "
        f"package index {index.address}/files/{file.filename}: "
        f"is not the file that the index lists, expected sha256:{told}"
    )


@pytest.mark.parametrize("prepare", [wrong_beside, wrong_inside])
def test_metadata_that_was_not_announced_is_refused(tmp_path: Path, prepare: Callable[[FakeIndex], Pin]) -> None:
    with FakeIndex() as index:
        wanted = prepare(index)
        with pytest.raises(UnavailableError, match="is not the metadata that the index announced, expected sha256:"):
            reach(index, tmp_path).core_metadata([wanted])
        with pytest.raises(UnavailableError):  # and it is not kept
            reach(index, tmp_path, offline=True).core_metadata([wanted])


WRONG = [
    pytest.param(core_metadata("other", "1.0"), "has the metadata of other 1.0, expected demo 1.0", id="another-name"),
    pytest.param(core_metadata("demo", "2.0"), "has the metadata of demo 2.0, expected demo 1.0", id="another-version"),
    pytest.param(
        b"<html>\n", "has metadata that cannot be used (FILE: expected one Name field, found 0)", id="no-metadata"
    ),
    pytest.param(
        core_metadata("demo\x1b[31m", "2.0"), "has the metadata of demo?[31m 2.0, expected demo 1.0", id="escape"
    ),
]


@pytest.mark.parametrize(("metadata", "reason"), WRONG)
def test_metadata_of_something_else_is_refused(tmp_path: Path, metadata: bytes, reason: str) -> None:
    with FakeIndex() as index:
        file = index.add_wheel("demo", "1.0", metadata=metadata)
        with pytest.raises(UnavailableError) as caught:
            reach(index, tmp_path).core_metadata([pin("demo")])
    assert caught.value.message.endswith(f"{file.filename}: {reason.replace('FILE', file.filename)}")


@pytest.mark.parametrize("spelling", ["Demo.Package", "demo_package", "DEMO--package"])
def test_another_spelling_is_no_other_project(tmp_path: Path, spelling: str) -> None:
    with FakeIndex() as index:
        index.add_wheel("demo-package", "1.0", metadata=core_metadata(spelling, "1.0.0"))
        assert reach(index, tmp_path).core_metadata([pin("demo-package")]).found


# The cache


def test_a_warm_cache_asks_nobody_and_says_the_same(tmp_path: Path) -> None:
    with FakeIndex() as index:
        wheel = index.add_wheel("demo", "1.0", requires=("idna",))
        pins = [pin("demo", "1.0", wheel.pin_hash), pin("gone")]
        cold = reach(index, tmp_path).core_metadata(pins)
        before = len(index.requests)
        assert reach(index, tmp_path).core_metadata(pins[:1]).found == cold.found
        assert len(index.requests) == before
        url = index.url
    offline = PackageIndex(tmp_path, url=url, offline=True).core_metadata(pins)
    assert offline == cold


def test_a_file_that_is_not_there_is_asked_for_again(tmp_path: Path) -> None:
    with FakeIndex() as index:
        assert reach(index, tmp_path).core_metadata([pin("demo")]).missing
        index.add_wheel("demo", "1.0")
        assert reach(index, tmp_path).core_metadata([pin("demo")]).found


def test_offline_with_a_cold_cache_names_what_is_wanted(tmp_path: Path) -> None:
    with FakeIndex() as index, pytest.raises(UnavailableError) as caught:
        reach(index, tmp_path, offline=True).core_metadata([pin(letter) for letter in "gfedcba"])
    assert caught.value.message == "offline, and not in the cache: a 1.0, b 1.0, c 1.0, d 1.0, e 1.0 (and 2 more)"
    assert caught.value.hint.startswith("Run once without --offline to fill the cache")
    assert index.requests == []


@pytest.mark.parametrize("operation", ["project_files", "project_json"])
def test_offline_never_tells_what_may_have_changed(tmp_path: Path, operation: str) -> None:
    with FakeIndex() as index:
        index.add_wheel("demo", "1.0")
        index.infos["demo"] = INFO
        getattr(reach(index, tmp_path), operation)(["demo"])
        with pytest.raises(UnavailableError, match=r"could not fetch .*: demo: .*not asked, this run is offline"):
            getattr(reach(index, tmp_path, offline=True), operation)(["demo"])


def test_one_index_does_not_speak_for_another(tmp_path: Path) -> None:
    with FakeIndex() as bad, FakeIndex() as good:
        wheel = good.add_wheel("demo", "1.0", requires=("idna",), announce=None)
        same = bad.add(wheel.filename.split("-")[0], type(wheel)(wheel.filename, wheel.data, b"", None))
        same.metadata = core_metadata("demo", "1.0", requires=("evil",))
        wanted = pin("demo", "1.0", wheel.pin_hash)
        (from_bad,) = reach(bad, tmp_path).core_metadata([wanted]).found.values()
        (from_good,) = reach(good, tmp_path).core_metadata([wanted]).found.values()
    assert (from_bad.requires_dist, from_good.requires_dist) == (("evil",), ("idna",))


@pytest.mark.parametrize("damage", [b"", b"\x00" * 50, b"\x81\xa4file"])
def test_a_damaged_cache_is_fetched_anew(tmp_path: Path, damage: bytes) -> None:
    with FakeIndex() as index:
        index.add_wheel("demo", "1.0")
        cold = reach(index, tmp_path).core_metadata([pin("demo")])
        for path in (tmp_path / "metadata").rglob("*"):
            if path.is_file():
                path.write_bytes(damage)
        assert reach(index, tmp_path).core_metadata([pin("demo")]) == cold


def test_a_cache_entry_of_another_package_is_not_believed(tmp_path: Path) -> None:
    with FakeIndex() as index:
        index.add_wheel("demo", "1.0")
        index.add_wheel("other", "1.0")
        reach(index, tmp_path).core_metadata([pin("demo")])
        (kept,) = (
            path for path in (tmp_path / "metadata").rglob("*") if path.is_file() and "/file/" in path.as_posix()
        )
        place = kept.relative_to(tmp_path)
        reach(index, tmp_path / "second").core_metadata([pin("other")])
        (swapped,) = (
            p for p in (tmp_path / "second" / "metadata").rglob("*") if p.is_file() and "/file/" in p.as_posix()
        )
        (tmp_path / place).write_bytes(swapped.read_bytes())
        (found,) = reach(index, tmp_path).core_metadata([pin("demo")]).found.values()
    assert found.name == "demo"


@pytest.mark.whole
def test_killed_while_it_fills_the_cache_the_next_run_completes(tmp_path: Path, repository: Path) -> None:
    script = textwrap.dedent("""
        import sys
        from pathlib import Path
        from ops.supply_chain.adapters.index.client import PackageIndex
        from ops.supply_chain.contracts.values.lock import Pin
        pins = [Pin(name=f"p{n}", written_name="", version="1.0", hashes=()) for n in range(40)]
        print("ready", flush=True)
        PackageIndex(Path(sys.argv[1]), url=sys.argv[2]).core_metadata(pins)
    """)
    with FakeIndex() as index:
        for number in range(40):
            index.add_wheel(f"p{number}", "1.0")
        command = [sys.executable, "-c", script, str(tmp_path), index.url]
        with subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE) as process:
            while index.asked(".metadata") < 10 and process.poll() is None:
                pass
            os.kill(process.pid, signal.SIGKILL)
        pins = [pin(f"p{number}") for number in range(40)]
        assert len(reach(index, tmp_path).core_metadata(pins).found) == 40
    assert len(PackageIndex(tmp_path, url=index.url, offline=True).core_metadata(pins).found) == 40


# Which index is asked, and with whose account


def test_a_pin_is_asked_for_at_the_index_that_its_lock_names_only(tmp_path: Path) -> None:
    with FakeIndex() as public, FakeIndex() as private:
        public.add_wheel("demo", "1.0", requires=("evil",))
        wanted = [pin("demo", url=private.url.rstrip("/"))]
        index = reach(public, tmp_path, trusted=[private.url])
        assert index.core_metadata(wanted).missing == ((wanted[0], "the index has no such project"),)
        private.add_wheel("demo", "1.0", requires=("idna",))
        (found,) = reach(public, tmp_path, trusted=[private.url]).core_metadata(wanted).found.values()
        assert found.requires_dist == ("idna",)
        assert public.requests == []


def test_the_account_in_the_configured_address_is_used_there_only(tmp_path: Path) -> None:
    with FakeIndex() as files, FakeIndex(account=("me", "s3cret")) as index:
        index.files_at = files.address
        wheel = index.add_wheel("demo", "1.0")
        files.add("demo", wheel)
        url = index.url.replace("://", "://me:s3cret@")
        assert reach(index, tmp_path, url=url, trusted=[files.address]).core_metadata([pin("demo")]).found
    assert "Authorization" not in files.requests[0].headers


def test_the_account_in_the_environment_is_used_at_the_configured_index_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEALWRIGHT_INDEX_USERNAME", "me")
    monkeypatch.setenv("SEALWRIGHT_INDEX_PASSWORD", "s3cret")
    with FakeIndex(account=("me", "s3cret")) as index, FakeIndex() as other:
        index.add_wheel("demo", "1.0")
        other.add_wheel("demo", "1.0")
        wanted = [pin("demo"), pin("demo", url=other.url)]
        assert reach(index, tmp_path, trusted=[other.url]).core_metadata(wanted).found
    assert all("Authorization" not in seen.headers for seen in other.requests)


@pytest.mark.parametrize(
    "url", ["nonsense", "https://", "https://[::1", "https://me:s3cret@h.example:port/", "ftp://h/"]
)
def test_an_index_address_that_is_none(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError) as caught:
        PackageIndex(tmp_path, url=url)
    assert caught.value.message.endswith("is not an https address")
    assert "s3cret" not in caught.value.message


# Everything that can go wrong, in every operation

MOODS = [mood for mood in Mood if mood is not Mood.NOT_FOUND]


def simple(index: PackageIndex) -> object:
    return index.project_files(["demo"])


def project(index: PackageIndex) -> object:
    return index.project_json(["demo"])


def metadata(index: PackageIndex) -> object:
    return index.core_metadata([pin("demo")])


OPERATIONS: dict[str, tuple[str, Ask, Callable[[PackageIndex], object], dict[str, Any]]] = {
    "simple-json": ("json", Ask.SIMPLE, simple, {}),
    "simple-html": ("html", Ask.SIMPLE, simple, {}),
    "project-json": ("json", Ask.PROJECT, project, {}),
    "page-for-metadata": ("json", Ask.SIMPLE, metadata, {}),
    "metadata-file": ("json", Ask.METADATA, metadata, {}),
    "wheel-by-ranges": ("json", Ask.FILE, metadata, {"sidecars": False}),
    "whole-wheel": ("json", Ask.FILE, metadata, {"sidecars": False, "ranges": False}),
    "sdist": ("json", Ask.FILE, metadata, {"sidecars": False, "sdist": True}),
}

TYPE_DOES_NOT_MATTER = {(Ask.FILE, Mood.WRONG_TYPE)}
"""A whole file is known by its hash and a part of one by its content; how it is labelled does not matter."""


@pytest.mark.parametrize(("name", "mood"), diagonals([*OPERATIONS], MOODS, step=3))
def test_whatever_goes_wrong_is_not_examined(tmp_path: Path, name: str, mood: Mood) -> None:
    form, ask, operation, options = OPERATIONS[name]
    as_source = options.pop("sdist", False) if (options := dict(options)) else False
    with FakeIndex(form=form, account=("me", "s3cret"), **options) as index:
        index.add_sdist("demo", "1.0") if as_source else index.add_wheel("demo", "1.0")
        index.infos["demo"] = INFO
        index.misbehave(ask, mood)
        login = {
            "url": index.url.replace("://", "://me:s3cret@"),
            "json_url": index.json_url.replace("://", "://me:s3cret@"),
        }
        asker = reach(index, tmp_path, timeouts=impatient(CALM, mood), **login)
        if (ask, mood) in TYPE_DOES_NOT_MATTER:
            assert operation(asker)
            return
        with pytest.raises(UnavailableError) as caught:
            operation(asker)
    text = f"{caught.value.message} {caught.value.hint}"
    assert caught.value.exit_code is ExitCode.NOT_EXAMINED
    assert "demo" in text
    assert "package index http://127.0.0.1:" in text
    assert caught.value.hint.endswith(".")
    assert "s3cret" not in text
    assert "secret-token" not in text or mood is Mood.REDIRECT  # there it is the path of a public address
    assert "clean" not in text
    assert not list(tmp_path.rglob("metadata/*/*/file/*"))


def test_a_listed_file_that_is_not_there_is_not_examined(tmp_path: Path) -> None:
    with FakeIndex(sidecars=False) as index:
        index.add_wheel("demo", "1.0", announce=None)
        index.misbehave(Ask.FILE, Mood.NOT_FOUND)
        with pytest.raises(UnavailableError, match="answered with HTTP status 404"):
            metadata(reach(index, tmp_path))


def test_what_could_not_be_had_is_counted_and_named(tmp_path: Path) -> None:
    with FakeIndex() as index:
        index.misbehave(Ask.SIMPLE, Mood.UNAUTHORISED)
        with pytest.raises(UnavailableError) as caught:
            reach(index, tmp_path).core_metadata([pin(letter) for letter in "cab"])
        url = caught.value.message.rsplit("package index ", 1)[1]
    assert caught.value.message == (
        f"could not fetch core metadata of 3 of 3 packages: a 1.0, b 1.0, c 1.0: package index {url}"
    )
    assert url.endswith("/: answered with HTTP status 401")


@pytest.mark.online
def test_the_real_index(tmp_path: Path) -> None:
    index = PackageIndex(tmp_path)
    wanted = pin("idna", "3.7", "sha256:82fee1fc78add43492d3a1898bfa6d8a904cc97d8427f683ed8e798d07761aa0")
    answer = index.core_metadata([wanted, pin("sealwright-no-such-project-here")])
    assert answer.found[wanted].name == "idna"
    assert [reason for _, reason in answer.missing] == ["the index has no such project"]
    assert PackageIndex(tmp_path, offline=True).core_metadata([wanted]).found == answer.found
    listing = index.project_files(["idna"])["idna"]
    assert listing is not None
    assert any(set(file.hashes) & set(wanted.hashes) for file in listing.files)
    info = index.project_json(["idna"])["idna"]
    assert info is not None
    assert info.author_email
