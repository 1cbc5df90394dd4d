"""build_distributions without --distributions: a project with a build lock is built twice, compared, repacked, reported."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.supply_chain import generate_sbom
from ops.supply_chain.adapters.builders import build as builders
from ops.supply_chain.adapters.builders.run import BuildLimits
from ops.supply_chain.core.errors import ExitCode
from tests.fakes.built_project import BuiltProject
from tests.fakes.front_end import FRONT_END
from tests.fakes.remembered_uv import known_environments
from tests.fakes.wheels import make_wheel, serving

OLD = "2026-01-01T00:00:00Z"
WHEEL, SDIST = "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"
INFO = "demo-1.0.dist-info"
MEMBER, RECORD = f"{INFO}/sboms/sealwright.cdx.json", f"{INFO}/RECORD"


def member_of(wheel: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return archive.read(name)


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("environments")


@pytest.fixture
def project(
    tmp_path: Path, environments: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[BuiltProject]:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    for name in ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITHUB_TOKEN", "GH_TOKEN", "SOURCE_DATE_EPOCH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(builders, "tokens_above", tuple)
    with serving() as index:
        index.add("build", "1.6.1", OLD, code=FRONT_END)
        index.add("tool", "1.0", OLD)
        with known_environments(environments, index):
            yield BuiltProject(tmp_path, index, monkeypatch, capfd)


def test_both_builds_are_the_same_and_everything_is_reported(project: BuiltProject) -> None:
    project.lock()
    project.commit()
    assert project.run() == ExitCode.PASS
    assert {row["severity"] for row in project.record["findings"]} <= {"info"}
    package = project.package
    assert [built["filename"] for built in package["distributions"]] == [WHEEL, SDIST]
    for built in package["distributions"]:
        data = project.released[built["filename"]]
        assert built["sha256"] == hashlib.sha256(data).hexdigest() == built["before"]["first"]
        assert (built["identical"], built["built_twice"], built["normalised"]) == (True, True, False)
    requirements = {row["name"]: row for row in package["requirements"]}
    assert set(requirements) == {"build", "tool"}
    assert requirements["tool"]["sha256"] == [hashlib.sha256(make_wheel("tool", "1.0")[1]).hexdigest()]
    lock = project.root / "requirements-build.txt"
    assert package["lock"]["sha256"] == hashlib.sha256(lock.read_bytes()).hexdigest()
    assert "project:requirements-build.txt" in [ref["path"] for ref in project.record["reads"]]
    first, second = package["builds"]
    for field in ("folder", "umask", "timezone", "locale", "hash_seed"):
        assert first[field] != second[field]
    assert str(project.base) not in json.dumps(package)
    assert package["provided_by"] is None
    assert_another_job_takes_it(project)


def assert_another_job_takes_it(project: BuiltProject) -> None:
    """Check that the report of a build is accepted with the distributions, as a statement."""
    folder = project.base / "handed"
    shutil.copytree(project.dist / "packages", folder)
    shutil.move(project.dist / "build/report.json", folder)
    assert project.run("--distributions", str(folder)) == ExitCode.PASS, project.shown
    given, written = (
        json.loads(path.read_text()) for path in (folder / "report.json", project.dist / "build/report.json")
    )
    assert written["reported"]["packages"] == given["packages"]
    assert written["packages"][0]["distributions"][0]["built_twice"] is False


def test_modes_differ_without_normalise_and_not_with_it(project: BuiltProject) -> None:
    project.write("hook.py", "import os\nmask = os.umask(0)\nmode = 0o666 & ~mask\n")
    project.lock()
    project.commit()
    project.run()
    assert project.codes == ["build.not-reproducible"]
    (finding,) = [row for row in project.record["findings"] if row["code"] == "build.not-reproducible"]
    assert "setuptools copies the modes" in finding["message"]
    assert "normalise = true" in finding["next_step"]
    plain = project.released
    project.configure("[build]\nnormalise = true\n")
    project.run()
    assert project.codes == []
    wheel = project.package["distributions"][0]
    assert (wheel["identical"], wheel["normalised"], len(wheel["differences"])) == (True, True, 4)
    assert hashlib.sha256(plain[WHEEL]).hexdigest() == wheel["before"]["first"] != wheel["sha256"]
    assert wheel["before"]["first"] != wheel["before"]["second"]
    assert hashlib.sha256(project.released[WHEEL]).hexdigest() == wheel["sha256"]


def test_the_sbom_of_a_wheel_is_put_into_it(project: BuiltProject, tmp_path: Path) -> None:
    project.write("hook.py", "import os\nmode = 0o666 & ~os.umask(0)\n")
    project.lock()
    project.configure("[build]\nembed = true\n")
    project.commit()
    assert project.run() == ExitCode.PASS, project.shown
    assert {row["severity"] for row in project.record["findings"]} <= {"info"}
    wheel, sdist = project.package["distributions"]
    assert (wheel["normalised"], wheel["identical"], sdist["normalised"], sdist["embedded"]) == (
        True,
        True,
        False,
        None,
    )
    released = project.released[WHEEL]
    assert hashlib.sha256(released).hexdigest() == wheel["sha256"] not in wheel["before"].values()
    sbom = member_of(released, MEMBER)
    assert wheel["embedded"] == {
        "member": MEMBER,
        "sha256": hashlib.sha256(sbom).hexdigest(),
        "size": len(sbom),
    }
    found = json.loads(sbom)
    assert found["metadata"]["timestamp"] == "2026-11-01T00:00:00Z"
    assert wheel["sha256"].encode() not in sbom
    files = {row["name"]: row["hashes"][1]["content"] for row in found["components"] if row["type"] == "file"}
    assert files == {
        name: hashlib.sha256(member_of(released, name)).hexdigest()
        for name in zipfile.ZipFile(io.BytesIO(released)).namelist()
        if name not in (MEMBER, RECORD)
    }
    assert f"{MEMBER},sha256=" in member_of(released, RECORD).decode()
    folders = ["--project", str(project.root), "--dist", str(project.dist), "--cache", str(tmp_path / "cache")]
    assert generate_sbom.main([*folders, "--version", "1.0", "--no-enrich"]) == ExitCode.PASS
    outside = json.loads((project.dist / "sbom/demo-sbom-wheel.cdx.json").read_text())
    assert {"name": "sealwright:distribution", "value": WHEEL} in outside["metadata"]["properties"]
    assert not [row for row in outside["metadata"]["properties"] if row["name"] == "sealwright:incomplete"]
    others = {row["bom-ref"]: row for row in outside["components"]}
    assert {row["bom-ref"]: row for row in found["components"]}.items() <= others.items()
    assert {row["name"] for row in others.values()} - {row["name"] for row in found["components"]} == {MEMBER, RECORD}
    project.run()
    assert project.released[WHEEL] == released


def test_wheels_from_elsewhere_are_not_changed_and_a_missing_sbom_is_a_finding(
    project: BuiltProject, tmp_path: Path
) -> None:
    project.lock()
    project.commit()
    project.run()
    (tmp_path / "other").mkdir()
    for name, content in project.released.items():
        (tmp_path / "other" / name).write_bytes(content)
    project.configure("[build]\nembed = true\n")
    assert project.run("--distributions", str(tmp_path / "other")) == ExitCode.DENIED
    assert [row["code"] for row in project.record["findings"] if row["severity"] != "info"] == [
        "distribution.no-embedded-sbom"
    ]
    assert project.released[WHEEL] == (tmp_path / "other" / WHEEL).read_bytes()
    project.run()
    (tmp_path / "other" / WHEEL).write_bytes(project.released[WHEEL])
    assert project.run("--distributions", str(tmp_path / "other")) == ExitCode.PASS


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({f"{INFO}/RECORD.jws": "x"}, "a signature of its RECORD"),
        ({f"{INFO}/sboms/sealwright.cdx.json": "{}"}, "sealwright.cdx.json already"),
    ],
    ids=["signed", "taken"],
)
def test_a_wheel_that_can_get_no_sbom_is_a_finding(project: BuiltProject, extra: dict[str, str], words: str) -> None:
    project.write("hook.py", f"extra = {extra!r}\n")
    project.lock()
    project.configure("[build]\nembed = true\n")
    project.commit()
    assert project.run() == ExitCode.DENIED
    assert project.codes == ["build.unusable"]
    assert words in " ".join(row["message"] for row in project.record["findings"])


def test_two_packages_that_make_one_file_name_are_a_finding(project: BuiltProject) -> None:
    text = (project.root / "pyproject.toml").read_text()
    for folder in ("one", "two"):
        project.write(f"{folder}/pyproject.toml", text)
    project.lock()
    lock = (project.root / "requirements-build.txt").read_text()
    source = (project.root / "requirements-build.in").read_text()
    for folder in ("one", "two"):
        project.write(f"{folder}/requirements-build.txt", lock)
        project.write(f"{folder}/requirements-build.in", source)
    packages = '[[packages]]\npath = "one"\nname = "demo"\n[[packages]]\npath = "two"\nname = "other"\n'
    project.configure(packages)
    project.commit()
    assert project.run() == ExitCode.DENIED
    messages = [row["message"] for row in project.record["findings"] if row["code"] == "build.unusable"]
    assert messages == [f"the build made {name!r}, which another package's build made too" for name in (WHEEL, SDIST)]


def test_a_content_that_depends_on_the_conditions_is_a_finding_even_with_normalise(project: BuiltProject) -> None:
    project.write("hook.py", "import time\nextra = {'zone.txt': time.tzname[0], 'where.txt': str(source)}\n")
    project.configure("[build]\nnormalise = true\n")
    project.lock()
    project.commit()
    assert project.run() == ExitCode.DENIED
    rows = {row["member"]: row for row in project.package["distributions"][0]["differences"]}
    assert set(rows) == {"zone.txt", "where.txt"}
    assert "contains the folder" in rows["where.txt"]["cause"]
    assert project.codes == ["build.not-reproducible"]


@pytest.mark.parametrize(
    ("hook", "code", "words"),
    [
        ("raise SystemExit('no such header')", "build.failed", "exit code 1: no such header"),
        ("import time; time.sleep(60)", "build.failed", "did not end within"),
        ("while True: print('x' * 9999)", "build.failed", "printed more than"),
        ("(out / 'third.whl').write_text('x')", "build.failed", "one sdist and one wheel"),
        ("import os; os.symlink('/etc/passwd', out / 'a.whl')", "build.failed", "one sdist and one wheel"),
        ("import os; open(os.environ['OUTSIDE'], 'a').write('x')", "build.wrote-outside", "outside.txt"),
        ("import os\nversion = '1.' + os.environ['PYTHONHASHSEED']", "build.not-reproducible", "file name"),
    ],
    ids=["fails", "hangs", "floods", "third", "link", "outside", "version"],
)
def test_a_build_that_goes_wrong_is_a_finding(
    project: BuiltProject, monkeypatch: pytest.MonkeyPatch, hook: str, code: str, words: str
) -> None:
    limits = BuildLimits(seconds=1.2, output_bytes=50_000)
    monkeypatch.setattr("ops.supply_chain.gather.release.builds.LIMITS", limits)
    project.write("hook.py", hook)
    project.configure(f'[build]\nvariables = {{OUTSIDE = "{project.root / "outside.txt"}"}}\n')
    project.write("outside.txt", "")
    project.lock()
    project.commit()
    assert project.run() == ExitCode.DENIED
    assert project.codes == [code]
    assert words in " ".join(row["message"] for row in project.record["findings"])


def test_without_consent_nothing_runs(project: BuiltProject) -> None:
    project.write("hook.py", "raise SystemExit('ran')")
    project.commit()
    assert project.run() == ExitCode.PASS
    assert "requirements-build.txt is absent" in project.shown
    project.lock()
    project.configure("[build]\nallow = false\n")
    assert project.run() == ExitCode.PASS
    assert "[build].allow is false" in project.shown
    assert project.record["counts"]["distributions"] == 0


def test_with_consent_a_package_without_build_lock_is_a_finding(project: BuiltProject) -> None:
    project.configure("[build]\nallow = true\n")
    project.commit()
    assert project.run() == ExitCode.DENIED
    assert project.codes == ["build.no-lock"]


def test_below_a_process_with_a_token_nothing_is_built(project: BuiltProject, monkeypatch: pytest.MonkeyPatch) -> None:
    project.lock()
    project.commit()
    monkeypatch.setattr(builders, "tokens_above", lambda: ("ACTIONS_ID_TOKEN_REQUEST_TOKEN",))
    assert project.run() == ExitCode.NOT_EXAMINED
    assert "ACTIONS_ID_TOKEN_REQUEST_TOKEN" in project.shown


def test_a_lock_with_other_hashes_is_not_installed(project: BuiltProject) -> None:
    project.lock()
    lock = project.root / "requirements-build.txt"
    text = lock.read_text()
    digest = hashlib.sha256(make_wheel("tool", "1.0")[1]).hexdigest()
    lock.write_text(text.replace(digest, "0" * 64))
    project.commit()
    code = project.run()
    assert code == ExitCode.INPUT, project.shown
    assert "cannot be installed with its hashes" in project.shown


def test_a_lock_that_no_gate_checks_is_refused(project: BuiltProject) -> None:
    project.lock()
    project.write("other/requirements.txt", "")
    project.configure('[locks]\nexclude = [{path = "requirements-build.txt", reason = "x"}]\n')
    project.commit()
    assert project.run() == ExitCode.USAGE
    assert "no gate checks it" in project.shown


@pytest.mark.parametrize("name", ["GH_TOKEN", "PIP_INDEX_URL", "UV_INDEX", "PYTHONPATH", "PATH", "TZ", "HOME"])
def test_variables_that_a_build_must_not_get_are_refused(project: BuiltProject, name: str) -> None:
    project.lock()
    project.configure(f'[build]\nvariables = {{{name} = "x"}}\n')
    project.commit()
    assert project.run() == ExitCode.USAGE
    assert name in project.shown


def test_only_what_is_committed_is_built(project: BuiltProject) -> None:
    project.lock()
    project.commit()
    project.write("hook.py", "raise SystemExit('an uncommitted file ran')")
    project.run()
    assert project.codes == []


@pytest.mark.whole
def test_packages_in_folders_are_built_from_their_own_locks(project: BuiltProject) -> None:
    project.write("pyproject.toml", '[tool.uv.workspace]\nmembers = ["packages/*"]\n')
    for name in ("core", "plugin"):
        text = f'[project]\nname = "{name}"\nversion = "1.0"\n[build-system]\nrequires = ["tool"]\n'
        project.write(f"packages/{name}/pyproject.toml", text)
    project.lock(*(f"packages/{name}" for name in ("core", "plugin")))
    project.commit()
    project.run()
    assert [path.partition("-")[0] for path in project.released] == ["core", "core", "plugin", "plugin"]
    project.configure('[[packages]]\npath = "packages/plugin"\n')
    project.run()
    assert project.package["path"] == "packages/plugin"
    assert project.package["lock"]["path"] == "project:packages/plugin/requirements-build.txt"
    assert [path.partition("-")[0] for path in project.released] == ["plugin", "plugin"]


def test_the_tag_decides_which_package_is_built(project: BuiltProject) -> None:
    project.write("pyproject.toml", '[tool.uv.workspace]\nmembers = ["packages/*"]\n')
    for name, version in (("core", "1.0"), ("cli", "0.4.30")):
        text = f'[project]\nname = "{name}"\nversion = "{version}"\n[build-system]\nrequires = ["tool"]\n'
        project.write(f"packages/{name}/pyproject.toml", text)
        project.write(f"packages/{name}/hook.py", f"version = '{version}'\n")
    project.configure(
        "".join(f'[[packages]]\npath = "packages/{name}"\nown_version = true\n' for name in ("cli", "core"))
    )
    project.lock("packages/core", "packages/cli")
    project.commit()
    assert project.run() == ExitCode.DENIED
    assert project.codes == ["build.not-selected"]
    assert not (project.dist / "packages").exists()
    subprocess.run(["git", "tag", "cli==0.4.30"], cwd=project.root, check=True)
    project.version = ""
    assert project.run() == ExitCode.PASS
    assert [*project.released] == ["cli-0.4.30-py3-none-any.whl", "cli-0.4.30.tar.gz"]
    assert (project.record["component"], project.record["version"]) == ("cli", "0.4.30")
    assert project.package["path"] == "packages/cli"
    assert "only cli is released" in project.shown
    project.version = "core==1.0"
    assert project.run() == ExitCode.PASS
    assert [*project.released] == ["core-1.0-py3-none-any.whl", "core-1.0.tar.gz"]


def test_the_report_of_diffoscope_is_attached_where_it_is_installed(
    project: BuiltProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("hook.py", "import os\nextra = {'umask.txt': str(os.umask(0))}\n")
    project.lock()
    project.commit()
    assert project.run() == ExitCode.DENIED
    assert "no report of diffoscope: it is not installed" in project.shown
    assert [built["diffoscope"] for built in project.package["distributions"]] == [None, None]
    program = tmp_path / "bin" / "diffoscope"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\nwhile [ $# -gt 2 ]; do [ $1 = --text ] && out=$2; shift; done\necho $1 $2 > $out\nexit 1\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    project.run()
    wheel, sdist = project.package["distributions"]
    report = project.dist / "build" / f"diffoscope-{WHEEL}.txt"
    assert report.read_text() == f"first/{WHEEL} second/{WHEEL}\n"
    assert wheel["diffoscope"]["sha256"] == hashlib.sha256(report.read_bytes()).hexdigest()
    assert wheel["diffoscope"]["path"] in [ref["path"] for ref in project.record["writes"]]
    assert sdist["diffoscope"] is None
    project.write("hook.py", "")
    project.commit()
    project.run()
    assert not report.exists()


@pytest.mark.skipif(
    os.geteuid() != 0 or not Path("/usr/bin/python3").exists(), reason="needs root and a Python for all"
)
def test_the_second_build_is_that_of_another_user_where_root_allows_it(
    project: BuiltProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("hook.py", "import os\nextra = {'user.txt': f'{os.getuid()} {os.getgroups()}'}\n")
    project.lock()
    project.commit()
    monkeypatch.setattr("ops.supply_chain.adapters.builders.environment.sys.executable", "/usr/bin/python3")
    assert project.run() == ExitCode.DENIED
    first, second = project.package["builds"]
    assert (first["user"], second["user"]) == ("own", "65534")
    assert "user" not in [row["condition"] for row in project.package["not_varied"]]
    wheel = project.package["distributions"][0]
    assert [(row["member"], row["field"]) for row in wheel["differences"]] == [("user.txt", "content")]


def test_a_condition_that_could_not_differ_is_named(project: BuiltProject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    project.lock()
    project.commit()
    project.run()
    assert {"condition": "user", "reason": "only root can build as another user"} in project.package["not_varied"]
    assert "user (only root can build as another user)" in project.shown
    assert [build["user"] for build in project.package["builds"]] == ["own", "own"]
