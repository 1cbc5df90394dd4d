"""A front end on loopback in place of pypa/build: packs the files of a project plainly, after its own `hook.py` has run."""

from __future__ import annotations

FRONT_END = r"""
import argparse, base64, gzip, hashlib, io, os, pathlib, runpy, sys, tarfile, tomllib, zipfile
class ProjectBuilder:
    def __init__(self, source):
        self.source = pathlib.Path(source)
    def get_requires_for_build(self, kind):
        return set((self.source / "asked.txt").read_text().split()) if kind == "wheel" else set()
def main():
    parser = argparse.ArgumentParser()
    for option in ("--outdir", "--sdist-extract-dir"):
        parser.add_argument(option, type=pathlib.Path)
    parser.add_argument("--no-isolation", action="store_true")
    parser.add_argument("source", type=pathlib.Path)
    given = parser.parse_args()
    version, mode, extra = "1.0", 0o644, {}
    name = tomllib.loads((given.source / "pyproject.toml").read_text())["project"]["name"]
    hook = given.source / "hook.py"
    if hook.exists():
        found = runpy.run_path(str(hook), {"out": given.outdir, "source": given.source})
        version, mode, extra = (found.get(name, value) for name, value in (("version", version), ("mode", mode), ("extra", extra)))
    epoch = int(os.environ["SOURCE_DATE_EPOCH"])
    meta = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: A demonstration\n".encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        project = {"PKG-INFO": meta, "pyproject.toml": (given.source / "pyproject.toml").read_bytes(), "demo.py": b"x = 1\n"}
        for path, data in project.items():
            info = tarfile.TarInfo(f"{name}-{version}/{path}")
            info.size, info.mtime, info.mode = len(data), epoch, 0o644
            archive.addfile(info, io.BytesIO(data))
    (given.outdir / f"{name}-{version}.tar.gz").write_bytes(gzip.compress(packed.getvalue(), mtime=epoch))
    info = f"{name}-{version}.dist-info"
    files = {"demo.py": b"x = 1\n", **{name: text.encode() for name, text in extra.items()}, f"{info}/METADATA": meta}
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    def row(name, data):
        return f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')},{len(data)}\n"
    files[f"{info}/RECORD"] = ("".join(row(*item) for item in files.items()) + f"{info}/RECORD,,\n").encode()
    with zipfile.ZipFile(given.outdir / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.external_attr, entry.create_system = (0o100000 | mode) << 16, 3
            archive.writestr(entry, data)
if __name__ == "__main__":
    main()
"""
"""The code of a module `build`. `hook.py` of the project may set `version`, the `mode` of wheel members, and `extra` files."""
