"""From a clone to a signed and verified rehearsal in three commands, for three kinds of project.

Sealwright is installed from a wheel, the home is empty, the package index is the real one. What this machine need not
reach (OSV's snapshot, CISA's list, EPSS, PyPI's Integrity API, sealwright itself on PyPI) is answered behind a proxy, by
the variables with which a user configures one.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.fakes.advisories import affected, record, snapshot
from tests.fakes.exploitation import epss, kev
from tests.fakes.internet import FakeInternet, Reply, Service

pytestmark = [pytest.mark.online, pytest.mark.whole]

LIMIT_SECONDS = 300
REPOSITORY = "https://github.com/acme/{name}"
SIGNER = "# [[signing.identities]]"


@pytest.fixture(scope="module")
def internet(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeInternet]:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    osv = snapshot(
        record("PYSEC-2026-1", affected("no-such-package", "introduced 0, fixed 1"), modified=now),
        record("MAL-2026-443", affected("1q847", versions=("0.0.1",)), modified=now),
    )
    services: dict[str, Service] = {
        "storage.googleapis.com": lambda path: (
            Reply(200, osv, "application/zip") if path.endswith("/PyPI/all.zip") else Reply(404, b"")
        ),
        "www.cisa.gov": lambda _: Reply(200, kev(dateReleased=now)),
        "epss.empiricalsecurity.com": lambda _: Reply(200, epss(("CVE-2026-0001", "0.1", "0.5"))),
        "pypi.org": _Pypi(wheel),
    }
    with FakeInternet(tmp_path_factory.mktemp("internet"), services) as found:
        yield found


class _Pypi:
    """PyPI as it is, with this wheel of sealwright, and without any attestation."""

    def __init__(self, wheel: Path) -> None:
        self._name, self._data = wheel.name, wheel.read_bytes()

    def __call__(self, path: str) -> Reply | None:
        if path.startswith("/integrity/"):
            message = {"message": f"No provenance available for {path.split('/')[-2]}"}
            return Reply(404, json.dumps(message).encode())
        if path == f"/files/{self._name}":
            return Reply(200, self._data, "application/octet-stream")
        if path == "/simple/sealwright/":
            return Reply(200, json.dumps(self._page()).encode(), "application/vnd.pypi.simple.v1+json")
        if path.startswith("/pypi/sealwright/"):
            info = {
                "name": "sealwright",
                "version": self._name.split("-")[1],
                "author": "acme",
                "license": "Apache-2.0",
            }
            return Reply(200, json.dumps({"info": info, "urls": [], "releases": {}, "vulnerabilities": []}).encode())
        return Reply(404, b"") if path.startswith("/files/") else None

    def _page(self) -> dict[str, object]:
        uploaded = datetime.now(UTC) - timedelta(days=30)
        file = {
            "filename": self._name,
            "url": f"https://pypi.org/files/{self._name}",
            "hashes": {"sha256": hashlib.sha256(self._data).hexdigest()},
            "requires-python": ">=3.11",
            "size": len(self._data),
            "upload-time": uploaded.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
            "yanked": False,
        }
        name, version = self._name.split("-")[:2]
        return {"meta": {"api-version": "1.1"}, "name": name, "versions": [version], "files": [file]}


class User:
    """Someone with an empty home who has installed sealwright and clones a project."""

    def __init__(self, folder: Path, internet: FakeInternet, installed: Path) -> None:
        self.folder = folder
        home = folder / "home"
        home.mkdir()
        person = {f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        kept = {name: value for name, value in os.environ.items() if "INDEX" in name or "CERT" in name}
        path = f"{installed}:{Path(sys.executable).parent}:/usr/bin:/bin"
        self.environment = {**kept, **internet.environment(), **person, "HOME": str(home), "PATH": path}
        self.seconds: dict[str, float] = {}
        self.project = folder / "project"

    def publish(self, name: str, files: dict[str, str | bytes], tag: str) -> None:
        """Make the repository that is cloned; its address is one on GitHub."""
        origin = self.folder / "origin"
        for path, text in files.items():
            (origin / path).parent.mkdir(parents=True, exist_ok=True)
            (origin / path).write_bytes(text if isinstance(text, bytes) else text.encode())
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"], ["tag", tag]):
            self.run("git", "-C", str(origin), *words, where=self.folder)
        address = REPOSITORY.format(name=name)
        instead = ("-c", f"url.{origin}.insteadOf={address}")
        self.run("git", *instead, "clone", "-q", address, str(self.project), where=self.folder)

    def run(self, *words: str, where: Path | None = None, code: int = 0) -> str:
        start = time.monotonic()
        done = subprocess.run(
            list(words), cwd=where or self.project, env=self.environment, capture_output=True, text=True, check=False
        )
        self.seconds[" ".join(words[:2])] = time.monotonic() - start
        assert done.returncode == code, f"{words}\n{done.stdout[-4000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def shell(self, line: str) -> str:
        """Run a printed line as it is."""
        return self.run("bash", "-ec", line)

    def names_the_signer(self) -> None:
        """Uncomment what the screen names: the one edit."""
        path = self.project / ".security-config.toml"
        before, head, after = path.read_text().partition(SIGNER)
        entry, gap, rest = after.partition("\n\n")
        lines = [line.removeprefix("#") for line in entry.splitlines()]
        path.write_text(before + head.removeprefix("# ") + "\n".join(lines) + gap + rest)


@pytest.fixture
def user(tmp_path: Path, internet: FakeInternet, installed: Path) -> User:
    return User(tmp_path, internet, installed)


def _steps(screen: str) -> list[str]:
    """Return the steps at the end of a screen, each in one line."""
    text = screen[screen.index("\nnext ") :].split("next", 1)[1]
    return [" ".join(step.split()) for step in re.split(r"(?:^|\n)\s*\d\. ", text)[1:]]


def _first_release(user: User, capsys: pytest.CaptureFixture[str], *, name: str, version: str) -> None:
    """The three commands, and a second release."""
    start, used = time.monotonic(), _used()
    adopted = user.run("sealwright", "adopt", "--write")
    screen = adopted[adopted.index("WOULD ") :]
    assert len(screen.splitlines()) <= 25
    commit, rehearse = _steps(screen)[:2]
    assert commit.startswith("uncomment lines ")
    assert "no baseline" not in screen
    assert "no-baseline" not in screen
    user.names_the_signer()
    user.shell(commit.split(", then commit: ", 1)[1])
    assert user.run("git", "status", "--porcelain") == ""
    shown = user.shell(rehearse.removeprefix("rehearse the release: "))
    spent = time.monotonic() - start
    assert shown.startswith(f"WOULD PASS  {name} {version} "), shown
    assert len(shown.splitlines()) <= 25
    released = user.project / "dist" / "rehearsal" / "release"
    wheels = [path.name for path in released.glob("*.whl")]
    assert len(wheels) == 1, shown
    assert (released / f"{wheels[0]}.sigstore.json").is_file()
    assert user.run("git", "status", "--porcelain") == ""
    with capsys.disabled():
        print(f"\n{name}: {spent:.0f} s for 3 commands and 1 edit; {user.seconds}\n{shown}")
    assert (_used() - used if _is_busy() else spent) < LIMIT_SECONDS
    _second_release(user, name)


def _used() -> float:
    """Return the processor time of all programs that were run, in seconds."""
    times = resource.getrusage(resource.RUSAGE_CHILDREN)
    return times.ru_utime + times.ru_stime


def _is_busy() -> bool:
    """Return whether the machine has other work, so that the time on the clock is not that of these commands."""
    return os.getloadavg()[1] > (os.cpu_count() or 1) + 1


def _second_release(user: User, name: str) -> None:
    """SECURITY.md is adopted, then a change and a tag: the same command passes, and no document stands in its way."""
    shutil.rmtree(user.project / "dist")
    user.run("sealwright", "security_md")
    manifest = user.project / "pyproject.toml"
    manifest.write_text(manifest.read_text().replace('version = "0.4.30"', 'version = "99.0.0"'))
    if (user.project / "uv.lock").is_file():
        user.run("uv", "lock", "--quiet")
    user.run("git", "add", "--all")
    user.run("git", "commit", "--quiet", "--message", "more")
    user.run("git", "tag", "99.0.0")
    for _ in ("after adopting the document", "after that release"):
        shown = user.run("sealwright", "rehearse")
        assert shown.startswith(f"WOULD PASS  {name} 99.0.0 "), shown
        assert user.run("git", "status", "--porcelain") == ""


@pytest.fixture
def structlog() -> dict[str, str | bytes]:
    """Return the files of structlog: version by hatch-vcs, tags without a v, dependency groups, no lock."""
    with urlopen("https://pypi.org/simple/structlog/", timeout=60) as answer:
        page = answer.read().decode()
    [url] = re.findall(r'href="(https://[^"#]*/structlog-25\.5\.0\.tar\.gz)', page)
    with urlopen(url, timeout=60) as answer:  # noqa: S310 - an address that PyPI names
        packed = answer.read()
    found: dict[str, str | bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for member in archive.getmembers():
            path = member.name.partition("/")[2]
            file = archive.extractfile(member) if member.isfile() and path != "PKG-INFO" else None
            if file is not None:
                found[path] = file.read()
    return found


def test_a_library_without_lock_whose_tags_have_no_v(
    user: User, structlog: dict[str, str | bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    user.publish("structlog", structlog, "25.5.0")
    _first_release(user, capsys, name="structlog", version="25.5.1")
    assert (user.project / "requirements-tests.txt").is_file()


UV_PROJECT = """\
[project]
name = "harbour"
version = "0.4.30"
description = "Berths of a harbour."
license = "MIT"
requires-python = ">=3.11"
dependencies = ["packaging>=24", "idna"]

[project.optional-dependencies]
colour = ["colorama"]

[dependency-groups]
test = ["iniconfig"]
notebooks = ["six"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.hatch.build.targets.wheel]
packages = ["src/harbour"]
"""


EXAMPLE_LOCK = """\
#
# This file is autogenerated by pip-compile with Python 3.12
# by the following command:
#
#    pip-compile --generate-hashes requirements.in
#
idna==3.10 \\
    --hash=sha256:12f65c9b470abda6dc35cf8e63cc574b1c52b11df2c86030af0ac09b01b13ea9 \\
    --hash=sha256:946d195a0d259cbba61165e88e65941f16e9b36ea6ddb97f00452bae8b1287d3
    # via -r requirements.in
"""
"""A lock of pip-tools, which has no timestamp."""


def test_a_project_with_uv_lock_groups_and_examples(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    files: dict[str, str | bytes] = {
        "pyproject.toml": UV_PROJECT,
        "README.md": "# harbour\n",
        "LICENSE": "MIT\n",
        "src/harbour/__init__.py": "BERTHS = 3\n",
        ".gitignore": "dist\n__pycache__/\n",
        "examples/boat/requirements.in": "idna\n",
        "examples/boat/requirements.txt": EXAMPLE_LOCK,
    }
    user.publish("harbour", {**files, **_locked(user, files)}, "v0.4.29")
    _first_release(user, capsys, name="harbour", version="0.4.30")
    assert (user.project / "uv.provenance.json").is_file()


def _locked(user: User, files: dict[str, str | bytes]) -> dict[str, str | bytes]:
    """Return the uv.lock of a project, as its makers have it."""
    folder = user.folder / "locking"
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text if isinstance(text, bytes) else text.encode())
    user.run("uv", "lock", "--quiet", where=folder)
    return {"uv.lock": (folder / "uv.lock").read_bytes()}


def test_a_project_of_several_functions_with_requirements(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    shared = UV_PROJECT.partition("[project.optional-dependencies]")[0].replace("harbour", "tide")
    build = "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'setuptools.build_meta'\n"
    files: dict[str, str | bytes] = {
        "pyproject.toml": shared.replace('dependencies = ["packaging>=24", "idna"]\n', "dependencies = []\n") + build,
        "src/tide/__init__.py": "LEVEL = 2\n",
        "LICENSE": "MIT\n",
        "README.md": "# tide\n",
        ".gitignore": "build/\n*.egg-info/\n",
    }
    for function, wanted in {"gauge": "idna\n", "alarm": "packaging\nsix\n", "report": "idna\niniconfig\n"}.items():
        files[f"functions/{function}/requirements.in"] = wanted
        files[f"functions/{function}/main.py"] = "def handler(event, context):\n    return event\n"
    user.publish("tide", files, "v0.4.29")
    _first_release(user, capsys, name="tide", version="0.4.30")
    assert (user.project / "functions" / "alarm" / "requirements.provenance.json").is_file()
