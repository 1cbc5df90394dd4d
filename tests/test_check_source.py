"""check_source: the source is its commit, and every place states the same version."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import check_source
from ops.supply_chain.adapters.files import git as git_adapter
from ops.supply_chain.adapters.files.git_process import failure
from ops.supply_chain.core.errors import ExitCode
from tests.adapters.files.test_git import commit, git

PYPROJECT = '[project]\nname = "thing"\nversion = "1.2"\n'
LOCK = f"x==1.0 --hash=sha256:{'0' * 64}\n"


class Source:
    """A project under git, and what check_source finds in it."""

    def __init__(self, base: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.root, self.dist, self.capfd = base / "project", base / "project/dist", capfd
        self.root.mkdir()
        git(self.root, "init", "-q", "-b", "main")
        self.write("pyproject.toml", PYPROJECT)
        self.write("requirements.txt", LOCK)
        commit(self.root)

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def commit(self, path: str, text: str) -> None:
        self.write(path, text)
        commit(self.root)

    def check(self, *more: str) -> tuple[int, dict[str, Any]]:
        folders = {"project": self.root, "dist": self.dist, "artifacts": self.root / "data/artifacts"}
        options = [word for name, path in folders.items() for word in (f"--{name}", str(path))]
        code = check_source.main([*options, "--cache", str(self.root.parent / "cache"), *more])
        self.capfd.readouterr()
        path = self.dist / "records/check_source.json"
        return code, json.loads(path.read_text()) if path.exists() else {}

    def codes(self, *more: str) -> list[str]:
        return sorted({finding["code"] for finding in self.check(*more)[1]["findings"]})


@pytest.fixture
def source(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Source:
    return Source(tmp_path, capfd)


def test_a_clean_tree_passes_and_passes_again_with_its_own_output(source: Source) -> None:
    for _ in range(2):
        code, record = source.check()
        assert (code, record["findings"], record["options"]) == (0, [], {})
        assert record["counts"] == {"changed": 0, "under_git": 1, "versions": 1}
    source.write("data/artifacts/supply-chain/thing/1.2/manifest.json", "{}")
    assert source.check()[0] == 0


def test_how_the_version_was_given_is_no_fact_of_the_commit(source: Source) -> None:
    plain, given = source.check(), source.check("--version", "1.2")
    assert (plain[0], plain[1]["counts"]) == (given[0], given[1]["counts"])


def test_a_folder_of_source_is_not_hidden_as_the_one_for_retained_releases(source: Source) -> None:
    source.write("app/new.py", "")
    code, record = source.check("--artifacts", str(source.root / "app"))
    assert code == ExitCode.DENIED
    assert "app/new.py (not tracked)" in record["findings"][0]["message"]


def test_every_path_is_named(source: Source) -> None:
    source.write("pyproject.toml", PYPROJECT + "# edited\n")
    source.write("app/new.py", "")
    code, record = source.check()
    assert code == ExitCode.DENIED
    assert record["counts"]["changed"] == 2
    messages = [finding["message"] for finding in record["findings"]]
    head = git(source.root, "rev-parse", "HEAD")[:12]
    assert messages == [
        f"not as committed in {head}: app/new.py (not tracked)",
        f"not as committed in {head}: pyproject.toml (modified)",
    ]


def test_no_setting_of_the_project_makes_it_pass(source: Source) -> None:
    waiver = '[[waivers]]\nid = "source.changed"\nreason = "r"\nowner = "o"\nexpires = "2099-01-01"\n'
    source.commit(".security-config.toml", f'[gate]\nfail_on = "critical"\n{waiver}')
    source.write("new", "")
    code, record = source.check()
    assert code == ExitCode.DENIED
    assert {finding["waived_by"] for finding in record["findings"]} == {""}


def test_allow_dirty_is_recorded_and_names_the_same_paths(source: Source) -> None:
    source.write("new", "")
    code, record = source.check("--allow-dirty")
    assert (code, record["outcome"], record["options"]) == (0, "pass", {"allow_dirty": "yes"})
    assert [(finding["severity"], finding["path"]) for finding in record["findings"]] == [("info", "new")]


def test_a_lock_that_the_project_ignores_counts(source: Source) -> None:
    source.commit(".gitignore", "/sub/\n*.pyc\n/uv.lock\n")
    source.write("sub/requirements.txt", LOCK)
    source.write("sub/other.pyc", "")
    code, record = source.check()
    assert code == ExitCode.DENIED
    assert [finding["path"] for finding in record["findings"]] == ["sub/requirements.txt"]


READ = {
    "what a lock includes": ("base.deps", "y==1.0\n"),
    "what a lock is compiled from": ("requirements.in", "x\n"),
    "what that includes": ("more.in", "y\n"),
    "the SBOM beside a lock": ("requirements.cdx.json", "{}"),
    "the baseline beside a lock": ("requirements.provenance.json", "{}"),
    "settings of uv": ("uv.toml", "offline = true\n"),
    "rules": ("rules/more/a.rego", "package a\n"),
    "the template": ("SECURITY.md.template", "x\n"),
    "a workflow": (".github/workflows/ci.yml", "on: push\n"),
}


@pytest.mark.parametrize("case", READ)
@pytest.mark.parametrize("whole", [False, True], ids=["ignored itself", "in an ignored folder"])
def test_what_a_release_reads_counts_where_the_project_ignores_it(source: Source, case: str, whole: bool) -> None:
    path, text = READ[case]
    source.commit(".security-config.toml", '[policy]\nfolders = ["rules"]\n')
    source.commit("requirements.txt", LOCK + "-r base.deps\n")
    if case == "what that includes":
        source.commit("requirements.in", "-r more.in\n")
    source.commit(".gitignore", f"/{path.split('/')[0] if whole else path}\n*.unread\n")
    source.write("x.unread", "")
    assert source.check()[1]["findings"] == []
    source.write(path, text)
    found = [finding["path"].rstrip("/") for finding in source.check()[1]["findings"]]
    assert found in ([path], [posixpath.dirname(path)], [posixpath.dirname(posixpath.dirname(path))]), found


def test_many_paths_are_counted_and_the_first_named(source: Source) -> None:
    for number in range(60):
        source.write(f"new/{number:03}", "")
    record = source.check()[1]
    assert record["counts"]["changed"] == 60
    assert len(record["findings"]) == 51
    assert record["findings"][0]["message"].endswith(": 10 more")


@pytest.mark.parametrize("name", ["new\nline", "\u202egpj.py", "a\x1b[31mb", "c" * 240])
def test_odd_names_are_shown_on_one_line(source: Source, name: str) -> None:
    source.write(name, "")
    code, record = source.check()
    assert code == ExitCode.DENIED
    assert all(finding["message"].isprintable() for finding in record["findings"])


def _tag(*tags: str) -> Callable[[Source], None]:
    def make(source: Source) -> None:
        for tag in tags:
            git(source.root, "tag", tag)

    return make


def _tag_before(*tags: str) -> Callable[[Source], None]:
    def make(source: Source) -> None:
        _tag(*tags)(source)
        source.commit("later", "")

    return make


def _stated(text: str, path: str = "pyproject.toml") -> Callable[[Source], None]:
    return lambda source: source.commit(path, text)


def _tagged_twice(source: Source) -> None:
    _tag_before("1.2")(source)
    _tag("v1.2")(source)


AGREE: dict[str, tuple[Callable[[Source], None], list[str]]] = {
    "v1.2": (_tag("v1.2"), []),
    "1.2.0": (_tag("1.2.0"), []),
    "NAME==1.2": (_tag("thing==1.2"), []),
    "NAME-v1.2": (_tag("Thing-v1.2"), []),
    "an option": (_tag("v1.2"), ["--version", "v1.2.0"]),
    "a moving tag as well": (_tag("v1", "v1.2"), ["--version", "v1.2"]),
    "another component's tag": (_tag("other-v9"), []),
    "an earlier version on another commit": (_tag_before("v1.1"), []),
    "no metadata": (_stated("[tool.ruff]\n"), ["--version", "7"]),
    "no Python version": (_stated("[tool.ruff]\n"), ["--version", "nightly"]),
}


@pytest.mark.parametrize(("make", "options"), AGREE.values(), ids=AGREE)
def test_versions_agree(source: Source, make: Callable[[Source], None], options: list[str]) -> None:
    make(source)
    code, record = source.check(*options)
    assert (code, record["findings"]) == (0, [])


DISAGREE: dict[str, tuple[Callable[[Source], None], list[str], str, str]] = {
    "option and metadata": (
        _tag(),
        ["--version", "1.3"],
        "source.version-mismatch",
        "expected version 1.3 (--version), but pyproject.toml [project].version is 1.2",
    ),
    "tag and metadata": (
        _tag("v1.3"),
        [],
        "source.version-mismatch",
        "expected version v1.3 (the tag at HEAD), but pyproject.toml [project].version is 1.2",
    ),
    "option and tag": (
        _tag("thing-v1.3"),
        ["--version", "1.2"],
        "source.version-mismatch",
        "expected version 1.2 (--version), but the tag at HEAD is thing-v1.3",
    ),
    "a pre-release": (
        _tag("v1.2rc1"),
        [],
        "source.version-mismatch",
        "expected version v1.2rc1 (the tag at HEAD), but pyproject.toml [project].version is 1.2",
    ),
    "two metadata files": (
        _stated("[metadata]\nversion = 1.1\n", "setup.cfg"),
        [],
        "source.version-mismatch",
        "expected version 1.2 (the project's metadata), but setup.cfg [metadata].version is 1.1",
    ),
    "a version that is none": (
        _stated('[project]\nname = "thing"\nversion = "\\u202e1.2\\n"\n'),
        ["--version", "1.2"],
        "source.version-mismatch",
        "expected version 1.2 (--version), but pyproject.toml [project].version is ?1.2?",
    ),
    "tagged before": (_tag_before("v1.2.0"), [], "source.tag-elsewhere", "expected version 1.2 to be this commit"),
    "tagged before, by name": (
        _tag_before("thing==1.2"),
        [],
        "source.tag-elsewhere",
        "expected version 1.2 to be this commit",
    ),
    "tagged here and before": (
        _tagged_twice,
        [],
        "source.tag-elsewhere",
        "expected version v1.2 to be this commit",
    ),
}


@pytest.mark.parametrize(("make", "options", "code", "message"), DISAGREE.values(), ids=DISAGREE)
def test_a_disagreement_denies(
    source: Source, make: Callable[[Source], None], options: list[str], code: str, message: str
) -> None:
    make(source)
    exit_code, record = source.check(*options)
    assert exit_code == ExitCode.DENIED
    (finding,) = record["findings"]
    assert (finding["code"], finding["severity"]) == (code, "high")
    assert finding["message"].startswith(message)


def test_a_huge_version_is_compared_and_shown_short(source: Source) -> None:
    source.commit("pyproject.toml", f'[project]\nname = "thing"\nversion = "{"9" * 100_000}"\n')
    code, record = source.check("--version", "1.2")
    assert code == ExitCode.DENIED
    assert len(record["findings"][0]["message"]) < 1000


def test_a_plain_tag_elsewhere_may_be_another_projects_of_the_repository(source: Source) -> None:
    source.commit("inner/pyproject.toml", PYPROJECT.replace("thing", "inner"))
    git(source.root, "tag", "v1.2")
    git(source.root, "commit", "-q", "--allow-empty", "-m", "later")
    source.root = source.root / "inner"
    assert source.codes() == []
    git(source.root, "tag", "inner-v1.2", "HEAD^")
    assert source.codes() == ["source.tag-elsewhere"]


BACKEND = """
def prepare_metadata_for_build_wheel(folder, settings=None):
    import os, sys
    os.mkdir(os.path.join(folder, "thing.dist-info"))
    with open(os.path.join(folder, "thing.dist-info", "METADATA"), "w") as file:
        file.write(f"Metadata-Version: 2.1\\nName: thing\\nVersion: {open('VERSION').read()}\\n")
    open("left-behind", "w").close()
    return "thing.dist-info"
"""
DYNAMIC = """
[project]
name = "thing"
dynamic = ["version"]
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


def _dynamic(source: Source, *, allowed: bool, backend: str = BACKEND) -> None:
    source.write("pyproject.toml", DYNAMIC)
    source.write("backend.py", backend)
    source.write("VERSION", "1.2.0")
    source.commit(".security-config.toml", f"[locks]\nallow_builds = {str(allowed).lower()}\n")


def test_a_version_that_only_code_knows_is_not_examined(source: Source) -> None:
    _dynamic(source, allowed=False)
    code, record = source.check("--version", "1.2")
    assert (code, record["outcome"]) == (ExitCode.NOT_EXAMINED, "not-examined")
    (finding,) = record["findings"]
    assert finding["code"] == "source.version-unread"
    assert finding["message"] == (
        "the project's version is known only to backend, which was not run: [locks].allow_builds is false"
    )


def test_a_version_that_the_backend_computes_is_compared_and_the_project_stays_as_it_is(source: Source) -> None:
    _dynamic(source, allowed=True)
    source.write("VERSION", "9")  # not committed: the backend sees the commit
    code, record = source.check("--version", "1.3", "--offline", "--allow-dirty")
    assert code == ExitCode.DENIED
    assert [finding["message"] for finding in record["findings"] if finding["severity"] == "high"] == [
        "expected version 1.3 (--version), but backend computes 1.2.0"
    ]
    assert not (source.root / "left-behind").exists()


def test_a_backend_that_fails_is_not_examined(source: Source) -> None:
    _dynamic(source, allowed=True, backend="raise SystemExit('no\\x1b[31m version')\n")
    code, record = source.check("--version", "1.2", "--offline")
    assert code == ExitCode.NOT_EXAMINED
    assert record["findings"][0]["message"].endswith("the build backend: failed: no?[31m version")


def test_nothing_is_run_below_a_process_that_has_a_token(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    _dynamic(source, allowed=True)
    monkeypatch.setenv("SIGSTORE_ID_TOKEN", "secret")
    code, record = source.check("--version", "1.2", "--offline")
    assert code == ExitCode.NOT_EXAMINED
    assert "SIGSTORE_ID_TOKEN" in record["findings"][0]["message"]


def test_outside_git_it_passes_and_says_so(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    dist = tmp_path / "out"
    assert check_source.main(["--project", str(tmp_path), "--dist", str(dist)]) == 0
    record = json.loads((dist / "records/check_source.json").read_text())
    assert record["counts"]["under_git"] == 0
    assert record["notes"] == ["the project is not under git: no commit is named, and changes are not detected"]
    assert check_source.main(["--project", str(tmp_path), "--dist", str(dist), "--version", "2"]) == ExitCode.DENIED


@pytest.mark.parametrize(
    "question", ["status", "ls-files", "check-ignore", "ls-tree", "for-each-ref", "rev-parse", "log"]
)
def test_an_error_of_git_in_any_question_is_not_examined(
    source: Source, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    from ops.supply_chain.adapters.files import git_changes, git_process

    source.write("new", "")
    real = git_process.run_git

    def fail(folder: Path, *arguments: str, **more: Any) -> Any:
        if question in arguments:
            raise failure(folder, question, b"fatal: made to fail")
        return real(folder, *arguments, **more)

    for module in (git_process, git_changes, git_adapter):
        monkeypatch.setattr(module, "run_git", fail)
    assert source.check()[0] == ExitCode.NOT_EXAMINED


PACKAGE = '[project]\nname = "NAME"\nversion = "0.4"\n[build-system]\nrequires = ["x"]\n'
OF_PACKAGES: dict[str, tuple[tuple[str, ...], tuple[str, ...], list[str]]] = {
    "the package's tag": ((), ("cli==0.4",), []),
    "another version": (
        (),
        ("cli-v0.5",),
        ["expected version v0.5 (the tag at HEAD), but packages/cli/pyproject.toml"],
    ),
    "the package's tag, and of the project before": (("v0.4",), ("cli==0.4",), []),
    "a tag of the package before": (("cli-v0.4",), ("cli==0.4",), ["the tag cli-v0.4 is of"]),
    "a package that is released with the project": ((), ("v1.2", "cli==1.3"), ["but the tag at HEAD is cli==1.3"]),
    "released alone before": (("cli==1.2",), ("v1.2",), ["the tag cli==1.2 is of"]),
}


@pytest.mark.parametrize(("before", "tags", "messages"), OF_PACKAGES.values(), ids=OF_PACKAGES)
def test_the_tag_of_a_package_is_compared_with_what_it_states(
    source: Source, before: tuple[str, ...], tags: tuple[str, ...], messages: list[str]
) -> None:
    source.write("packages/cli/pyproject.toml", PACKAGE.replace("NAME", "cli"))
    source.commit("pyproject.toml", PYPROJECT + '[tool.uv.workspace]\nmembers = ["packages/*"]\n')
    for tag in before:
        git(source.root, "tag", tag)
    source.commit("later", "")
    for tag in tags:
        git(source.root, "tag", tag)
    code, record = source.check(*(["--version", "v1.2"] if "v1.2" in tags else []))
    found = [finding["message"] for finding in record["findings"]]
    assert len(found) == len(messages), found
    assert all(part in text for part, text in zip(messages, found, strict=True)), found
    assert code == (ExitCode.DENIED if messages else ExitCode.PASS)
