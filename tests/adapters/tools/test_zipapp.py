"""One file that Python runs: the same bytes wherever it is made, with everything that it imports."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zipfile
from importlib.util import MAGIC_NUMBER, source_hash
from pathlib import Path

import pytest

from ops.supply_chain.adapters.tools.zipapp import (
    MOMENT,
    compiled,
    compiled_parts,
    installed_package,
    own_modules,
    pack,
)
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.start import TREE


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


WORDS = "abcdefghijklmnopqrstuvwxyz"
SOURCES = {
    "__main__.py": b"import top.words, sys\nprint(top.words.found(sys.argv[1]))\n",
    "top/__init__.py": b"",
    "top/words.py": f"def found(word):\n    return word in {set(WORDS)!r}, 1.5, 1 << 70, b'x', ...\n".encode(),
}
ANOTHER = {"top/words.py": b"def found(word):\n    return 'another'\n"}
COMPILING = """
import hashlib, json, sys
from ops.supply_chain.adapters.tools.zipapp import compiled
for word in json.loads(sys.argv[1]): sys.intern(word)
print(hashlib.sha256(repr(sorted(compiled({"a/b.py": open(sys.argv[2], "rb").read()}).items())).encode()).hexdigest())
"""


def ran(path: Path, *options: str) -> str:
    done = subprocess.run([sys.executable, *options, str(path), "k"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_compiled_modules_are_run_and_those_of_another_python_are_not(tmp_path: Path) -> None:
    path, right = tmp_path / "a.pyz", str((True, 1.5, 1 << 70, b"x", ...))
    made = compiled(SOURCES)
    path.write_bytes(pack({**SOURCES, **made}))
    assert ran(path) == ran(path, "-O") == right
    path.write_bytes(pack({**SOURCES, **compiled(ANOTHER)}))
    assert ran(path) == "another"
    older = (int.from_bytes(MAGIC_NUMBER[:2], "little") - 1).to_bytes(2, "little") + MAGIC_NUMBER[2:]
    path.write_bytes(pack({**SOURCES, **{name: older + data[4:] for name, data in compiled(ANOTHER).items()}}))
    assert ran(path) == right


def test_compiled_modules_are_the_same_bytes_whatever_the_interpreter_has_loaded(tmp_path: Path) -> None:
    source = TREE / "ops/supply_chain/formats/json_reader.py"
    here = [
        subprocess.run(
            [sys.executable, *options, "-c", COMPILING, words, str(source)],
            cwd=TREE, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True,
        ).stdout
        for seed, options, words in (("1", (), "[]"), ("2", ("-OO", "-X", "utf8"), '["value", "Json", "expected"]'))
    ]  # fmt: skip
    assert here[0] == here[1] != b""


def test_a_compiled_module_has_the_hash_of_its_source_and_is_not_compared_with_it() -> None:
    made = compiled(SOURCES)["top/words.pyc"]
    assert made.startswith(MAGIC_NUMBER + b"\x01\0\0\0" + source_hash(SOURCES["top/words.py"]))


def test_compiled_modules_are_what_their_sources_compile_to() -> None:
    found = compiled_parts(pack({**SOURCES, **compiled(SOURCES), "LICENSE": b"x"}))
    assert found == (3, (), ())
    assert compiled_parts(pack(SOURCES)) == (0, (), ())


WITH_THE_HASH_OF_THE_SOURCE = MAGIC_NUMBER + b"\x01\0\0\0" + source_hash(SOURCES["top/words.py"])
SLIPPED_IN = {
    "code of another source": {"top/words.pyc": compiled(ANOTHER)["top/words.pyc"]},
    "code of another source, with the right hash": {
        "top/words.pyc": WITH_THE_HASH_OF_THE_SOURCE + compiled(ANOTHER)["top/words.pyc"][16:]
    },
    "no code": {"top/words.pyc": MAGIC_NUMBER},
    "compared with the source": {"top/words.pyc": MAGIC_NUMBER + b"\x03" + compiled(SOURCES)["top/words.pyc"][5:]},
    "without a source": {"top/more.pyc": compiled(ANOTHER)["top/words.pyc"]},
    "a package in place of a module": {"top/words/__init__.pyc": compiled(ANOTHER)["top/words.pyc"]},
    "in a folder of its own": {"top/__pycache__/words.cpython-311.pyc": compiled(ANOTHER)["top/words.pyc"]},
    "of a source that is no Python": {"bad.py": b"(", "bad.pyc": MAGIC_NUMBER},
}


@pytest.mark.parametrize("name", SLIPPED_IN)
def test_code_that_is_not_that_of_a_source_is_seen(name: str) -> None:
    found = compiled_parts(pack({**SOURCES, **compiled(SOURCES), **SLIPPED_IN[name]}))
    assert found.differing == tuple(path for path in SLIPPED_IN[name] if path.endswith(".pyc"))
    assert not found.foreign


def test_code_of_another_python_is_named_and_not_called_right() -> None:
    found = compiled_parts(pack({**SOURCES, **compiled(SOURCES), "top/words.pyc": b"abcd"}))
    assert found == (3, (), ("top/words.pyc",))


def test_two_members_of_one_name_are_refused() -> None:
    buffer = io.BytesIO(pack({**SOURCES, **compiled(SOURCES)}))
    with zipfile.ZipFile(buffer, "a") as handle, pytest.warns(UserWarning, match="Duplicate name"):
        handle.writestr("top/words.pyc", compiled(ANOTHER)["top/words.pyc"])
    with pytest.raises(InputError, match="two members of one name"):
        compiled_parts(buffer.getvalue())


def _with_another_directory() -> bytes:
    """Return an archive that is right by its records for large ones, which Python reads since 3.13 only, and another without."""
    wrong, right = pack({**SOURCES, **compiled(ANOTHER)}), pack({**SOURCES, **compiled(SOURCES)})
    size, begin = struct.unpack_from("<LL", right, len(right) - 10)
    both = wrong[:-22] + right[:-22]
    count, first = len(SOURCES) * 2, len(wrong) - 22
    large = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, first + begin)
    both += large + struct.pack("<4sLQL", b"PK\x06\x07", 0, len(both), 1)
    return both + wrong[-22:]


def test_an_archive_that_another_reader_reads_otherwise_is_refused() -> None:
    right = pack({**SOURCES, **compiled(SOURCES)})
    for data in (
        _with_another_directory(),
        right.replace(b"top/words.pyc", b"top/worms.pyc", 1),
        right + b" ",
        b"#" + right,
    ):
        with pytest.raises(InputError):
            compiled_parts(data)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as handle:
        for name, content in {**SOURCES, **compiled(SOURCES)}.items():
            handle.writestr(name, content)
    with pytest.raises(InputError, match="is not packed as a verifier is"):
        compiled_parts(buffer.getvalue())


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_zipapp_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="no zipapp"):
        compiled_parts(data)
