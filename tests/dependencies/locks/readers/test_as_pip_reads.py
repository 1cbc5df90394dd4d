"""Requirements files read by pip's own parser and by ours: encodings, and every way to write a hash."""

from __future__ import annotations

import codecs
import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import generate_sbom
from ops.supply_chain.core.errors import ExitCode, InputError
from ops.supply_chain.formats.requirements_encoding import UndecodableError, decode_requirements
from tests.cases import case
from tests.dependencies.locks.support import OTHER_SHA, SHA, codes, only, read

TEXT = "requests==2.19.0\nurllib3==1.24.1  # d\u00e9j\u00e0\n"
ENCODED = {
    "UTF-8": TEXT.encode(),
    "UTF-8 with a mark": codecs.BOM_UTF8 + TEXT.encode(),
    "UTF-16 little-endian": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
    "UTF-16 big-endian": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "UTF-32 little-endian": codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
    "UTF-32 big-endian": codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
    "UTF-16, lines of Windows": codecs.BOM_UTF16_LE + TEXT.replace("\n", "\r\n").encode("utf-16-le"),
    "comment in line 1": b"# -*- coding: latin-1 -*-\n" + TEXT.encode("latin-1"),
    "comment in line 2": b"# made by hand\n# vim: set fileencoding=cp1252 :\n" + TEXT.encode("cp1252"),
    "a mark outweighs a comment": codecs.BOM_UTF8 + b"# coding: latin-1\n" + TEXT.encode(),
}
REFUSED = {
    "comment in line 3": b"#\n#\n# coding: latin-1\n" + TEXT.encode("latin-1"),
    "indented comment": b" # coding: latin-1\n" + TEXT.encode("latin-1"),
    "two encodings": b"# coding: ascii\n" + TEXT.encode(),
    "unknown": b"# coding: klingon\n" + TEXT.encode(),
    "no text": b"# coding: hex\n" + TEXT.encode(),
    "half a character": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le")[:-1],
    "Latin-1": TEXT.encode("latin-1"),
}


def pips(name: str) -> Any:
    """Return a part of pip's own parser; skip where the environment has no pip."""
    pytest.importorskip("pip")
    return getattr(importlib.import_module("pip._internal.req.req_file"), name)


@pytest.mark.parametrize("name", ENCODED)
def test_the_encodings_that_pip_reads(name: str) -> None:
    data = ENCODED[name]
    assert decode_requirements(data) == pips("_decode_req_file")(data, "requirements.txt")
    lock = read("requirements.txt", data)
    assert [(entry.pin.name, entry.pin.version) for entry in lock.entries] == [
        ("requests", "2.19.0"),
        ("urllib3", "1.24.1"),
    ]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_text_of_its_encoding_is_broken(name: str) -> None:
    with pytest.raises(UndecodableError):
        decode_requirements(REFUSED[name])
    with pytest.raises(InputError, match=r"\Arequirements\.txt:\d+: expected "):
        read("requirements.txt", REFUSED[name])


SHORT = SHA.removeprefix("sha256:")
FORMS = {
    "plain": f"--hash={SHA}",
    "two words": f"--hash {SHA}",
    "double quotes": f'--hash="{SHA}"',
    "single quotes": f"--hash='{SHA}'",
    "two words, double quotes": f'--hash "{SHA}"',
    "two words, single quotes": f"--hash '{SHA}'",
    "quotes in the middle": f'--hash=sha256:"{SHORT}"',
    "quotes around everything but the first word": f'--hash={OTHER_SHA} "--hash={SHA}"',
    "empty quotes": f"--hash=''{SHA}",
    "quoted name": f'-"-hash"={SHA}',
    "escaped": f"--hash=sha256\\:{SHORT}",
    "shortened": f"--has={SHA} --ha {OTHER_SHA}",
    "as short as can be": f"--h {SHA}",
    "upper case": f"--hash=sha256:{SHORT.upper()}",
    "continued": f"\\\n    --hash={SHA} \\\n    --hash='{OTHER_SHA}'",
    "continued within quotes": f'--hash="sha256:\\\n{SHORT}"',
    "continued twice": f"--hash={SHA} \\\\\n --hash={OTHER_SHA}",
    "other options between": f'--hash={SHA} --config-settings "k=v w" --hash={OTHER_SHA}',
    "other option first": f"--config-settings=k=v --hash '{OTHER_SHA}'",
    "SHA-512": f"--hash 'sha512:{'d' * 128}'",
    "none": "",
}


def pip_hashes(text: str) -> list[str]:
    """Return the hashes of a file's one requirement, as pip's parser has them."""
    lines = list(pips("preprocess")(text))
    assert len(lines) == 1
    _, options = pips("get_line_parser")(None)(lines[0][1])
    found = getattr(options, "hashes", None) or {}
    return sorted(f"{algorithm}:{value.lower()}" for algorithm, values in found.items() for value in values)


@pytest.mark.parametrize("marker", ["", " ; python_version >= '3.9'"])
@pytest.mark.parametrize("name", FORMS)
def test_every_way_to_write_a_hash(name: str, marker: str) -> None:
    text = f"foo==1{marker} {FORMS[name]}\n"
    lock = read("requirements.txt", text)
    assert list(only(lock).pin.hashes) == pip_hashes(text)
    assert codes(lock) == ([] if FORMS[name] else ["lock.unhashed"])


@pytest.mark.parametrize("text", [f'foo==1 "--hash={SHA}"', f"foo==1 --hash='{SHA}", f"foo==1 --hashes={SHA}"])
def test_what_pip_refuses_is_broken(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        read("requirements.txt", f"{text}\n")


def test_of_two_includes_in_one_line_pip_reads_the_first() -> None:
    lock = read("requirements.txt", "-r a.txt -r b.txt\n", {"a.txt": "a==1\n", "b.txt": "b==1\n"})
    assert [entry.pin.name for entry in lock.entries] == ["a"]


@pytest.mark.parametrize("name", ["lock-hash-forms", "lock-utf16"])
def test_the_bill_of_materials_has_what_pip_installs(name: str, tmp_path: Path) -> None:
    root = case(name, tmp_path)
    place = ["--project", str(root), "--dist", str(tmp_path / "dist"), "--version", "1.0"]
    assert generate_sbom.main([*place, "--no-enrich"]) == ExitCode.PASS
    sbom = json.loads((tmp_path / "dist" / "sbom" / f"{name}-sbom.json").read_bytes())
    lines = pips("preprocess")(pips("_decode_req_file")((root / "requirements.txt").read_bytes(), ""))
    wanted = {}
    for _, line in lines:
        requirement, options = pips("get_line_parser")(None)(line)
        hashes = (getattr(options, "hashes", None) or {}).get("sha256", [])
        wanted[requirement.strip()] = sorted(value.lower() for value in hashes)
    found = {
        f"{part['name']}=={part['version']}": sorted(
            {
                digest["content"]
                for holder in (part, *part.get("externalReferences", []))
                for digest in holder.get("hashes", [])
            }
        )
        for part in sbom["components"]
    }
    assert found == wanted
