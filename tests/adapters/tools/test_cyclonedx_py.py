"""What is installed, told by a real run of cyclonedx-py over a made-up environment."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.tools import cyclonedx_py as environment
from ops.supply_chain.adapters.tools.cyclonedx_py import installed_in, without_machine_paths
from ops.supply_chain.core.errors import StageError, UnavailableError, UsageError

EPOCH = 1_700_000_000


def install(folder: Path, name: str, direct_url: dict[str, Any] | None = None) -> None:
    """Put a package's metadata where an installer would."""
    [site] = folder.glob("lib/python3*/site-packages")
    info = site / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nLicense: MIT\nRequires-Dist: beta\n"
    )
    if direct_url is not None:
        (info / "direct_url.json").write_text(json.dumps(direct_url))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with an indexed, a local, an archived and a cloned package."""
    folder = tmp_path_factory.mktemp("secret-folder") / "env"
    venv.create(folder, with_pip=False, symlinks=True)
    install(folder, "beta")
    install(folder, "alpha", {"url": f"file://{folder}/alpha", "dir_info": {"editable": True}})
    archive = {
        "url": "https://user:hunter2@example.org/gamma-1.0.tar.gz",
        "archive_info": {"hash": f"sha256={'a' * 64}"},
    }
    install(folder, "gamma", archive)
    clone = {"url": "https://user:hunter2@example.org/d.git", "vcs_info": {"vcs": "git", "commit_id": "b" * 40}}
    install(folder, "delta", clone)
    return folder


def test_what_is_installed_is_told_without_this_machine_or_secrets(place: Path) -> None:
    document = installed_in(str(place), epoch=EPOCH)
    text = json.dumps(document)
    assert [one["name"] for one in document["components"]] == ["alpha", "beta", "delta", "gamma"]
    assert "secret-folder" not in text
    assert "hunter2" not in text
    purls = {one["name"]: one.get("purl", "") for one in document["components"]}
    assert purls["gamma"] == "pkg:pypi/gamma@1.0?download_url=https://example.org/gamma-1.0.tar.gz"
    assert purls["delta"].startswith("pkg:pypi/delta@1.0?vcs_url=git%2Bhttps://example.org/d.git")


def test_the_answer_is_the_same_again_and_for_the_interpreter(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = installed_in(str(place), epoch=EPOCH)
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    assert installed_in(str(place / "bin" / "python"), epoch=EPOCH) == first


def test_what_is_not_there_is_a_usage_error() -> None:
    with pytest.raises(UsageError) as caught:
        installed_in("no/python", epoch=EPOCH)
    assert caught.value.message == ("--environment no/python: there is no such interpreter or virtual environment")


def test_a_folder_without_python_was_not_looked_at(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError) as caught:
        installed_in(str(tmp_path), epoch=EPOCH)
    assert caught.value.message.startswith("cyclonedx-py: failed with exit status 1: ")


def test_an_environment_with_nothing_in_it_is_not_clean(tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    with pytest.raises(UnavailableError) as caught:
        installed_in(str(tmp_path / "env"), epoch=EPOCH)
    assert caught.value.message == "cyclonedx-py: found nothing installed in that environment"


ANSWERS = {
    "not JSON": ("print('no')", "its answer is not JSON"),
    "no object": ("print('[]')", "its answer is no CycloneDX document"),
    "no CycloneDX": ("print('{}')", "its answer is no CycloneDX document"),
    "no list": ('print(\'{"bomFormat":"CycloneDX","components":{}}\')', "found nothing installed"),
    "a failure": ("raise SystemExit(3)", "failed with exit status 3: it said nothing"),
    "a failure with a secret": (
        "import sys; sys.exit('x\\nhttps://u:hunter2@example.org failed\\x1b[2K')",
        "failed with exit status 1: https://example.org failed?[2K",
    ),
    "no end": ("import time; time.sleep(60)", "cannot be run: "),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_bad_answer_is_unavailable(name: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, message = ANSWERS[name]
    monkeypatch.setattr(environment, "_TOOL", (sys.executable, "-c", code))
    monkeypatch.setattr(environment, "TIMEOUT_SECONDS", 1 if name == "no end" else 30)
    with pytest.raises(StageError) as caught:
        installed_in(str(place), epoch=EPOCH)
    assert isinstance(caught.value, UnavailableError)
    assert message in caught.value.message


def test_a_tool_that_is_not_there_is_unavailable(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_TOOL", (str(place / "no-such-tool"),))
    with pytest.raises(UnavailableError):
        installed_in(str(place), epoch=EPOCH)


PATHS = ("file:///srv/x/y", "/srv/x/y", "C:\\Temp\\x", "C:/Temp/x", "\\\\server\\share", "pkg @ file:///srv/x/y")


@pytest.mark.parametrize("path", PATHS)
def test_every_form_of_a_path_goes(path: str) -> None:
    document = {
        "bomFormat": "CycloneDX",
        "components": [
            {
                "name": "x",
                "version": "1",
                "bom-ref": path,
                "purl": "pkg:pypi/x@1?download_url=file:///srv/x/y",
                "externalReferences": [{"type": "distribution", "url": path}, {"type": "vcs", "url": "https://x.org"}],
                "properties": [{"name": "location", "value": path}],
            }
        ],
        "dependencies": [{"ref": path, "dependsOn": [path]}],
    }
    cleaned = without_machine_paths(document)
    [component] = cleaned["components"]
    assert component == {
        "name": "x",
        "version": "1",
        "bom-ref": "x==1#0",
        "purl": "pkg:pypi/x@1",
        "externalReferences": [{"type": "vcs", "url": "https://x.org"}],
    }
    assert cleaned["dependencies"] == [{"ref": "x==1#0", "dependsOn": ["x==1#0"]}]


@pytest.mark.parametrize(
    "purl",
    [
        "pkg:pypi/x@1?vcs_url=git%2Bhttps://u:hunter2%40x.org/y",
        "pkg:pypi/x@1?vcs_url=git%2Bhttps:%2F%2Fu:hunter2%2540x.org/y",
        "broken?https://u:hunter2%40x.org",
    ],
)
def test_no_credential_hides_in_a_purl(purl: str) -> None:
    cleaned = without_machine_paths({"components": [{"name": "x", "purl": purl}]})
    assert "hunter2" not in json.dumps(cleaned)


def test_the_fixture_is_a_real_environment(place: Path) -> None:
    done = subprocess.run(
        [str(place / "bin" / "python"), "-c", "import importlib.metadata as m; print(m.version('alpha'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "1.0"
