"""One file that Python runs: the same bytes wherever it is made, with everything that it imports."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ops.supply_chain.adapters.tools.zipapp import MOMENT, installed_package, own_modules, pack
from ops.supply_chain.core.errors import InputError


def modules(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_what_is_imported_anywhere_travels_and_nothing_else(tmp_path: Path) -> None:
    root = modules(
        tmp_path,
        {
            "top/__init__.py": "",
            "top/start.py": "import json\ndef f():\n    from top.deep import late\n",
            "top/deep/__init__.py": "",
            "top/deep/late.py": "import top.other\n",
            "top/other.py": "if 0:\n    from top import start, absent\n",
            "top/unused.py": "",
            "elsewhere.py": "",
        },
    )
    assert sorted(own_modules(root, "top.start")) == [
        "top/__init__.py",
        "top/deep/__init__.py",
        "top/deep/late.py",
        "top/other.py",
        "top/start.py",
    ]


def test_a_module_that_is_no_python_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^top/start\.py: is no Python: "):
        own_modules(modules(tmp_path, {"top/__init__.py": "", "top/start.py": "("}), "top.start")


def test_the_same_members_give_the_same_bytes_and_run(tmp_path: Path) -> None:
    members = {"__main__.py": b"import b; print(b.x)\n", "b.py": b"x = 7\n"}
    packed = pack(members)
    assert packed == pack(dict(reversed(members.items())))
    with zipfile.ZipFile(io.BytesIO(packed)) as handle:
        assert [(one.filename, one.date_time, one.compress_type) for one in handle.infolist()] == [
            ("__main__.py", MOMENT, zipfile.ZIP_STORED),
            ("b.py", MOMENT, zipfile.ZIP_STORED),
        ]
    (tmp_path / "a.pyz").write_bytes(packed)
    done = subprocess.run([sys.executable, "-IS", str(tmp_path / "a.pyz")], capture_output=True, text=True, check=True)
    assert done.stdout == "7\n"


def test_a_pure_package_travels_with_its_licence() -> None:
    label, files = installed_package("packaging")
    assert label.startswith("packaging ")
    assert "packaging/version.py" in files
    assert any(os.path.basename(name) == "LICENSE" for name in files)  # noqa: PTH119 - a name in an archive
    assert all(name.endswith(".py") or ".dist-info/" in name for name in files)


def test_a_compiled_package_is_refused() -> None:
    with pytest.raises(InputError, match=r"^msgspec: .* is compiled and cannot travel in a zipapp$"):
        installed_package("msgspec")


def test_a_package_that_is_not_there_is_told() -> None:
    with pytest.raises(InputError) as caught:
        installed_package("no-such-package-at-all")
    assert caught.value.described() == (
        "error: no-such-package-at-all: is not installed\n  next: Run this in the pipeline's environment."
    )
