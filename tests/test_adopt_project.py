"""Adoption: shows before it writes, writes only what it showed, over nothing and through no link."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from ops.supply_chain import adopt_project
from ops.supply_chain.adapters.files import project_files
from ops.supply_chain.assurance.adoption.plan import places
from ops.supply_chain.contracts.config.file import CONFIG_NAME, parse_config
from ops.supply_chain.core import plain_toml
from ops.supply_chain.core.commands import in_folder
from ops.supply_chain.formats.code_owners import owners_of
from ops.supply_chain.gather.assurance.adoption import files as adoption_files
from ops.supply_chain.gather.assurance.adoption.survey import survey_of
from ops.supply_chain.risk.waivers.parse import parse_waivers
from tests.assurance.adoption.world import COMMIT, PIPELINE, everything_in

PROJECTS = ["edge-pylock", "edge-requirements", "poetry", "pulse-py", "saleor", "soar", "warehouse"]
ALL = ["--write", "--workflows", "--pipeline", PIPELINE]
NEXT = "  next: Replace it with a plain file, or remove it.\n"
NOW = datetime(2026, 11, 29, tzinfo=UTC)
SECRET = "s3cret"  # noqa: S105 - it must never show


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "widget"
    folder.mkdir()
    return folder


def adopt(project: Path, capfd: pytest.CaptureFixture[str], *options: str) -> tuple[int, str, str]:
    capfd.readouterr()
    code = adopt_project.main([str(project), *options])
    out, err = capfd.readouterr()
    return code, out, err


def said(project: Path, capfd: pytest.CaptureFixture[str], *options: str) -> dict[str, list[str]]:
    code, out, err = adopt(project, capfd, "--format", "json", *options)
    assert (code, err) == (0, "")
    result: dict[str, list[str]] = json.loads(out)["result"]
    return result


def make_git(folder: Path, remote: str = "", *, commit: bool = False) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)

    git("init", "--quiet")
    if remote:
        git("remote", "add", "origin", remote)
    if commit:
        git("add", "--all")
        git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "--allow-empty", "-m", "x")


@pytest.mark.parametrize("name", ["", *PROJECTS])
def test_a_fresh_project_gets_what_was_said_and_nothing_else(
    name: str, project: Path, shared_data: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if name:
        # Copied without modes: the shared data is read-only.
        shutil.copytree(shared_data / "projects" / name, project, dirs_exist_ok=True, copy_function=shutil.copyfile)
        for folder in [project, *(path for path in project.rglob("*") if path.is_dir())]:
            folder.chmod(0o755)
    before = everything_in(project)
    files = said(project, capfd, *ALL[1:])["files"]
    assert everything_in(project) == before
    assert said(project, capfd, *ALL)["files"] == files
    after = everything_in(project)
    assert sorted(set(after) - set(before)) == [path for path in files if path not in before]
    assert {path for path in before if after[path] != before[path]} <= {".gitignore"}
    config = parse_config((project / CONFIG_NAME).read_text())
    assert not (config.waivers or config.signing.identities) or CONFIG_NAME in before
    for path in (project / ".github").rglob("*.yml"):
        assert isinstance(yaml.safe_load(path.read_text()), dict)
    again = said(project, capfd, *ALL)
    assert (again["files"], everything_in(project)) == ([], after)


@pytest.mark.parametrize("ignored", [None, "build/"], ids=["new", "changed"])
def test_what_was_written_can_be_undone_by_the_printed_command(
    ignored: str | None, project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (project / "x.py").write_text("")
    if ignored is not None:
        (project / ".gitignore").write_text(ignored)
    make_git(project, "git@github.com:acme/widget.git", commit=True)
    before = everything_in(project)
    code, out, _ = adopt(project, capfd, *ALL)
    assert code == 0
    assert "+++ b/" not in out
    assert everything_in(project) != before
    [line] = [line for line in out.splitlines() if line.startswith("undo: ")]
    subprocess.run(["bash", "-ec", line.removeprefix("undo: ")], check=True, capture_output=True)
    assert everything_in(project) == before
    assert adopt(project, capfd, *ALL)[0] == 0
    _, again, _ = adopt(project, capfd, *ALL)
    assert "nothing to do: every file is there\n" in again
    assert "undo: " not in again


def test_without_a_remote_on_github_there_are_no_workflows(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    make_git(project, "https://gitlab.example.org/acme/widget.git")
    code, out, _ = adopt(project, capfd)
    assert code == 0
    assert "git       a remote at gitlab.example.org\n" in out
    assert ".github/workflows/: not written: the project has no remote on GitHub" in out
    assert "+++ b/.github" not in out


@pytest.mark.parametrize("commit", [False, True], ids=["no commit", "a commit"])
def test_a_remote_with_credentials_is_never_shown(
    commit: bool, project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    make_git(project, f"https://user:{SECRET}@github.com/acme/widget.git", commit=commit)
    code, out, err = adopt(project, capfd, *ALL)
    assert code == 0
    assert "git       GitHub, acme/widget\n" in out
    assert SECRET not in out + err
    assert not [path for path in places() if (project / path).is_file() and SECRET in (project / path).read_text()]
    assert f'ref: "{COMMIT}"' in (project / ".github/workflows/release.yml").read_text()


TAGS = {
    "no v": (("25.4.0", "25.5.0"), ["[0-9]*"], "[0-9].*", "[0-9]* (newest 25.5.0)"),
    "a v": (("v1",), ["v*"], "v.+", "v* (newest v1)"),
    "of a package": (("cli==0.4.30",), ["cli==*"], "cli==.+", "cli==* (newest cli==0.4.30)"),
    "none": ((), ["v*"], "v.+", "none; a release starts for tags v*"),
}


@pytest.mark.parametrize(("tags", "filters", "expression", "line"), TAGS.values(), ids=TAGS.keys())
def test_triggers_and_signers_follow_the_tags_of_the_project(
    tags: tuple[str, ...],
    filters: list[str],
    expression: str,
    line: str,
    project: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (project / "x.py").write_text("")
    make_git(project, "git@github.com:acme/widget.git", commit=True)
    for number, tag in enumerate(tags):
        stamp = {"GIT_COMMITTER_DATE": f"2026-01-0{number + 1}T00:00:00Z"}
        words = [
            "git",
            "-C",
            str(project),
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.org",
            "tag",
            "-m",
            "x",
            tag,
        ]
        subprocess.run(words, check=True, env={**os.environ, **stamp})
    code, out, _ = adopt(project, capfd, *ALL)
    assert code == 0
    assert f"tags      {line}\n" in out
    workflow = yaml.safe_load((project / ".github/workflows/release.yml").read_text())
    assert workflow[True]["push"]["tags"] == filters  # `on` is a truth value in YAML 1.1
    [row] = [row for row in (project / CONFIG_NAME).read_text().splitlines() if row.startswith("#identity_regex")]
    pattern = plain_toml.load(row.removeprefix("#"))["identity_regex"]
    signer = "https://github.com/acme/widget/.github/workflows/release.yml@refs/tags/"
    assert pattern.endswith(f"@refs/tags/{expression}")
    assert all(re.fullmatch(pattern, signer + tag) for tag in tags)
    assert not re.fullmatch(pattern, signer + "other")


def test_a_folder_inside_a_repository_gets_no_workflows(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    inner = project / "inner"
    inner.mkdir()
    (inner / "x.py").write_text("")
    make_git(project, "git@github.com:acme/widget.git", commit=True)
    result = said(inner, capfd, "--workflows")
    assert [path for path in result["files"] if path.startswith(".github")] == []


def test_the_end_tells_the_next_steps(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "requirements.in").write_text("idna\n")
    (project / "pyproject.toml").write_text('[project]\nname = "widget"\nversion = "1.0"\n')
    (project / "SECURITY.md").write_text("Write to security@example.org.\n")
    code, out, _ = adopt(project, capfd, "--write")
    assert code == 0
    assert out.split("\nnext:\n")[1].splitlines() == [
        f"  1. lock the dependencies from requirements.in: nox -s lock -- --project {project}",
        "  2. name the authorized signer: [[signing.identities]] in .security-config.toml",
        f"  3. rehearse until no check blocks the release: nox -s rehearse -- --project {project}",
    ]
    assert "reports   SECURITY.md\n" in out
    _, quiet, _ = adopt(project, capfd, "--no-next-steps")
    assert "next:" not in quiet


def test_a_configured_channel_is_one(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / CONFIG_NAME).write_text('[reporting]\nemail = "security@example.org"\n')
    assert "reports   [reporting] in .security-config.toml\n" in adopt(project, capfd)[1]


@pytest.mark.parametrize(
    ("text", "found"),
    [("Write to a.b+c@example.org.", "SECURITY.md"), ("a" * 300_000 + "@", "no private channel found")],
)
def test_a_channel_is_looked_for_in_what_is_published(
    project: Path, text: str, found: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (project / "SECURITY.md").write_text(text)
    assert f"reports   {found}\n" in adopt(project, capfd)[1]


def test_ignores_are_imported_and_none_is_in_force(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "tox.ini").write_text("commands = pip-audit --ignore-vuln GHSA-aaaa-bbbb-cccc\n")
    (project / "osv-scanner.toml").write_text(
        '[[IgnoredVulns]]\nid = "CVE-2026-1"\nreason = """x"\n[[waivers]]\nid = "CVE-2026-2\n"""\n'
    )
    assert said(project, capfd, "--write")["next_steps"][1].startswith("decide on 2 ignored advisories: ")
    text = (project / CONFIG_NAME).read_text()
    assert parse_waivers(parse_config(text)) == ((), ())
    assert '# id = "GHSA-aaaa-bbbb-cccc"' in text
    assert '# id = "CVE-2026-1"' in text


def test_an_existing_configuration_is_shown_what_to_paste(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / CONFIG_NAME).write_text("# CVE-2026-1 was looked at\n")
    (project / ".trivyignore").write_text("CVE-2026-1\nCVE-2026-2\n")
    code, out, _ = adopt(project, capfd, "--write")
    assert code == 0
    assert ".security-config.toml exists and is not changed; copy the entries that you want to keep:\n" in out
    assert '# id = "CVE-2026-2"' in out
    assert '# id = "CVE-2026-1"' not in out
    assert (project / CONFIG_NAME).read_text() == "# CVE-2026-1 was looked at\n"


def test_a_broken_configuration_is_told_and_nothing_written(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / CONFIG_NAME).write_text("retentoin = 1\n")
    code, _, err = adopt(project, capfd, "--write")
    assert code == 2
    assert err == (
        f"error: {project / CONFIG_NAME}: unknown key 'retentoin'\n  next: The nearest known key is 'retention'.\n"
    )
    assert sorted(everything_in(project)) == [CONFIG_NAME]


def test_a_configuration_that_is_a_pipe_is_not_waited_for(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(project / CONFIG_NAME)
    code, _, err = adopt(project, capfd, "--write")
    assert (code, err) == (
        2,
        f"error: {CONFIG_NAME}: expected a plain file, found something else\n{NEXT}",
    )


TOOLS = {
    "poetry": ('[tool.poetry.dependencies]\nidna = "*"\n', "poetry.lock", "poetry lock"),
    "a group of poetry": ('[tool.poetry.group.dev.dependencies]\nidna = "*"\n', "poetry.lock", "poetry lock"),
    "pdm": ('[tool.pdm.dev-dependencies]\ntest = ["idna"]\n', "pdm.lock", "pdm lock"),
    "uv": ('[tool.uv]\ndev-dependencies = ["idna"]\n', "uv.lock", "uv lock"),
}


@pytest.mark.parametrize(("text", "lock", "line"), TOOLS.values(), ids=TOOLS.keys())
def test_declarations_that_a_tool_alone_reads_are_a_step(
    text: str, lock: str, line: str, project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (project / "pyproject.toml").write_text(text)
    steps = said(project, capfd, "--write")["next_steps"]
    assert steps[0].endswith(f" alone reads: {in_folder(line, str(project))}")
    (project / lock).write_text("")
    assert not any("alone reads" in step for step in said(project, capfd, "--write")["next_steps"])


@pytest.mark.parametrize(
    ("tag", "taken"), [("v1.2", True), ("widget==1.2.0", True), ("v1.1", False), ("other-1.2", False)]
)
def test_a_stated_version_that_has_a_tag_is_known(tag: str, taken: bool, project: Path) -> None:
    (project / "pyproject.toml").write_text('[project]\nname = "widget"\nversion = "1.2"\n')
    make_git(project, commit=True)
    subprocess.run(["git", "-C", str(project), "tag", tag], check=True)
    assert survey_of(project, now=NOW).taken_tag == (tag if taken else "")


def test_a_path_that_is_no_folder(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, _, err = adopt(project / "none", capfd)
    assert (code, err) == (
        2,
        f"error: {project / 'none'}: is not a folder\n  next: Give the project's folder: nox -s adopt -- PATH.\n",
    )


@pytest.mark.parametrize("link", [".gitignore", ".github", "renovate.json5"])
def test_nothing_is_written_through_a_link(
    link: str, project: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("# mine\n")
    (project / link).symlink_to(outside if link == ".github" else outside / "file")
    code, out, _ = adopt(project, capfd, *ALL)
    assert code == 0
    assert everything_in(outside) == {"file": b"# mine\n"}
    assert (project / link).is_symlink()
    assert ", unchanged" in out
    assert not [path for path in said(project, capfd, *ALL)["files"] if path.startswith(link)]


@pytest.mark.parametrize("link", [CONFIG_NAME, "SECURITY.md.template"])
@pytest.mark.parametrize("to", ["/proc/self/environ", "/nowhere/x"])
def test_an_input_that_leads_out_is_refused(
    link: str, to: str, project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (project / link).symlink_to(to)
    code, out, err = adopt(project, capfd, *ALL)
    assert (code, out) == (3, "")
    assert err.startswith(f"error: {link}")
    assert "leads out of it\n  next: " in err


@pytest.mark.parametrize("name", [".gitignore", "renovate.json5"])
def test_a_dangling_link_is_there_too(name: str, project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / name).symlink_to(project / "nowhere" / "x")
    assert name not in said(project, capfd, "--write")["files"]
    assert not (project / "nowhere").exists()


def test_a_hostile_project(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    project = tmp_path / 'a"\n[[waivers]]\nid = "x'
    (project / "b\x1b[2J\n").mkdir(parents=True)
    (project / "b\x1b[2J\n/requirements.txt").write_text("idna==3.7\n")
    (project / "b\x1b[2J\n/.trivyignore").write_text("CVE-2026-1\n")
    (project / "pyproject.toml").write_bytes(
        b'[project]\nname = """x"\n[signing]\nmode = "checksums"""\nversion="\xff"'
    )
    (project / ".gitignore").write_bytes(b"\xff\xfe")
    (project / "Makefile").write_bytes(b"\x00" * 100 + b" --ignore-vuln X-1\n")
    (project / ".python-version").write_text('3.12"\nx = 1\n')
    (project / "SECURITY.md").mkdir()
    code, out, err = adopt(project, capfd, *ALL)
    assert (code, err) == (0, "")
    assert "\x1b" not in out
    config = parse_config((project / CONFIG_NAME).read_text())
    assert config == parse_config(
        f'component_name = "{config.component_name}"\n[feeds]\nkev = "default"\nepss = "default"\n'
    )
    assert config.component_name == "a-waivers-id-x"
    assert (project / ".gitignore").read_bytes().startswith(b"\xff\xfe")
    assert "  1. fix the unreadable file: pyproject.toml: is not valid TOML\n" in out


def test_what_cannot_be_read_is_told(
    project: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_files, "LARGEST_FILE_BYTES", 30_000)
    (project / "tox.ini").write_text("x" * 30_001)
    (project / "requirements.txt").write_text("idna==3.7\n" * 3_001)
    code, out, _ = adopt(project, capfd, "--write")
    assert code == 0
    assert "tox.ini: could not be read or is too large; its ignore list, if any, was not imported\n" in out
    assert "  1. fix the unreadable file: requirements.txt:1: expected at most 30000 bytes, found 30010\n" in out


def test_a_project_that_cannot_be_written(
    project: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.chmod(0o555)
    if (project.stat().st_mode & 0o222) == 0 and _can_write(project):
        # A superuser writes everywhere: let the disk refuse instead.
        monkeypatch.setattr("os.mkdir", _refuse)
        monkeypatch.setattr("os.link", _refuse)
    try:
        assert adopt(project, capfd)[0] == 0
        code, _, err = adopt(project, capfd, "--write")
    finally:
        project.chmod(0o755)
    assert code == 6
    assert err == (
        "error: .gitignore: cannot be written: Permission denied\n"
        "  next: Check permissions and free space; a link in place of a folder is never followed. Then run again.\n"
    )
    assert everything_in(project) == {}


def _can_write(folder: Path) -> bool:
    try:
        (folder / "probe").touch()
    except OSError:
        return False
    (folder / "probe").unlink()
    return True


def _refuse(*_words: object, **_more: object) -> None:
    raise PermissionError(13, "Permission denied")


def test_a_public_log_names_nothing(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "requirements.txt").write_text("idna==3.7\n")
    code, out, err = adopt(project, capfd, "--write", "--public-log")
    assert (code, err) == (0, "")
    assert out == "adopt_project: pass (files 3, ignores 0, kept 1, locks 1, written 3)\n"


def test_a_missing_template_is_told(
    project: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adoption_files, "TREE", project)
    code, _, err = adopt(project, capfd, "--write", "--pipeline", PIPELINE)
    assert code == 3
    assert err == (
        "error: templates/workflows/daily-scan.yml: is missing from this checkout of sealwright\n"
        "  next: Restore it from git.\n"
    )


def test_the_template_is_added_where_it_is_wanted(
    project: Path, repository: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    template = repository / "templates" / "SECURITY.md.template"
    assert adopt(project, capfd, "--write", "--template")[0] == 0
    assert (project / "SECURITY.md.template").read_bytes() == template.read_bytes()


def test_this_checkout_knows_its_commit_if_it_has_one(tmp_path: Path) -> None:
    assert adoption_files.pipeline_of(tmp_path).repository == ""
    make_git(tmp_path, f"https://u:{SECRET}@github.com/acme/sealwright.git", commit=True)
    found = adoption_files.pipeline_of(tmp_path)
    assert (found.repository, len(found.commit)) == ("acme/sealwright", 40)


@pytest.mark.parametrize("direct", [None, '{"url": "file:///home/me/sealwright.whl", "archive_info": {}}'])
def test_only_a_sealwright_from_an_index_can_be_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, direct: str | None
) -> None:
    information = tmp_path / "sealwright-0.1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: sealwright\nVersion: 0.1.0\n")
    if direct is not None:
        (information / "direct_url.json").write_text(direct)
    tree = tmp_path / "sealwright" / "_tree"
    tree.mkdir(parents=True)
    (tree.parent / "stage.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    found = adoption_files.pipeline_of(tree)
    assert (found.version, found.locked) == ("0.1.0", direct is None)


OURS = "# Output of the release pipeline (sealwright).\n"
PATTERNS = {
    "any folder of the name": ("dist\n.nox\n", ""),
    "everything below it": ("dist/*\n.*/\n", ""),
    "a glob": ("di[s]t/\n/.nox/**\n", ""),
    "a negation of something else": ("dist/*\n!dist/keep.txt\n.nox/\n", ""),
    "a negation of it": ("dist/\n!dist/\n.nox/\n", "/dist/\n"),
    "another folder of the name": ("docs/dist/\n.nox/\n", "/dist/\n"),
    "a comment": ("#dist/\n.nox/\n", "/dist/\n"),
    "an escaped name": ("\\\\dist/x\n.nox/\n", "/dist/\n"),
}


@pytest.mark.parametrize(("patterns", "added"), PATTERNS.values(), ids=PATTERNS)
def test_git_decides_what_the_project_already_ignores(
    patterns: str, added: str, project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (project / ".gitignore").write_text(patterns)
    make_git(project, commit=True)
    assert adopt(project, capfd, "--write", "--pipeline", PIPELINE)[0] == 0
    assert (project / ".gitignore").read_text() == patterns + (f"\n{OURS}{added}" if added else "")
    assert ".gitignore" not in said(project, capfd, "--pipeline", PIPELINE)["files"]


def test_what_only_this_clone_ignores_is_added(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "x.py").write_text("")
    make_git(project, commit=True)
    (project / ".git/info/exclude").write_text("dist/\n.nox/\n")
    assert adopt(project, capfd, "--write", "--pipeline", PIPELINE)[0] == 0
    assert (project / ".gitignore").read_text() == f"{OURS}/dist/\n/.nox/\n"
    assert ".gitignore" not in said(project, capfd, "--pipeline", PIPELINE)["files"]


def test_the_step_that_names_owners_helps(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    make_git(project, "git@github.com:acme/widget.git", commit=True)
    assert adopt(project, capfd, *ALL)[0] == 0
    assert ".github/CODEOWNERS" not in everything_in(project)
    assert adopt(project, capfd, "--write", "--owner", "@USER")[0] == 2
    found = said(project, capfd, "--write", "--owner", "@octocat", "--owner", "@acme/security")
    assert found["files"] == [".github/CODEOWNERS"]
    text = (project / ".github" / "CODEOWNERS").read_text()
    for path in (CONFIG_NAME, ".github/workflows/release.yml", ".github/CODEOWNERS"):
        assert owners_of(text, path) == ("@octocat", "@acme/security")
    assert not [step for step in found["next_steps"] if "owns" in step]


@pytest.mark.parametrize("link", [".github/CODEOWNERS", "CODEOWNERS", "docs"])
def test_owners_are_not_written_through_a_link(
    link: str, project: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "CODEOWNERS").write_text("src/ @a\n")
    (project / link).parent.mkdir(exist_ok=True)
    (project / link).symlink_to(outside if link == "docs" else outside / "CODEOWNERS")
    code, out, _ = adopt(project, capfd, *ALL, "--owner", "@b")
    assert code == 0
    assert "CODEOWNERS: is not a plain file, unchanged" in out
    assert everything_in(outside) == {"CODEOWNERS": b"src/ @a\n"}
    assert not [
        path for path, content in everything_in(project).items() if "CODEOWNERS" in path and "@b" in str(content)
    ]
