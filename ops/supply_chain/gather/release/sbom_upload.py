"""What an upload to Dependency-Track sends: the SBOM and then VEX, each as a form, checked before anything is asked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.adapters.dependency_track.client import ServerVersion, newest_cyclonedx
from ops.supply_chain.adapters.dependency_track.multipart import Form, form
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import ErrorClass, InputError, UsageError
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.cyclonedx import CycloneDx, is_cyclonedx, read_cyclonedx
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.gather.release.located_sbom import locate_sbom
from ops.supply_chain.runner.context import StageRun

BOM_PATH, VEX_PATH = "/api/v1/bom", "/api/v1/vex"
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class UploadRequest(NamedTuple):
    """One form: its path, its text fields in order, and the file with the field that it is in."""

    path: str
    fields: tuple[tuple[str, str], ...]
    field: str
    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        """SHA-256 of the file."""
        return sha256_bytes(self.data)

    def form(self) -> Form:
        """Return it as it is sent."""
        return form(self.fields, (self.field, self.name, self.data))

    def shown(self) -> dict[str, object]:
        """Return it as plain data, without the file's bytes."""
        file = {"field": self.field, "name": self.name, "sha256": self.sha256, "size": len(self.data)}
        return {"path": self.path, "fields": [list(pair) for pair in self.fields], "file": file}


class Upload(NamedTuple):
    """Everything that is sent, the SBOM first; what the project is called, the version of CycloneDX, the number of components."""

    requests: tuple[UploadRequest, ...]
    project: str
    spec_version: str
    components: int


def read_upload(run: StageRun) -> Upload:
    """Read the documents of a command line.

    Raises:
        UsageError: Options contradict each other, or neither they nor the SBOM name the project.
        InputError: A document is not CycloneDX JSON.
    """
    path = locate_sbom(run, run.args.sbom)
    data, document = _document(path)
    project, shown = _project(run, document)
    sbom = UploadRequest(BOM_PATH, (*project, *_further(run)), "bom", path.name, data)
    own = tuple(pair for pair in project if pair[0] in ("project", "projectName", "projectVersion"))
    vex = [UploadRequest(VEX_PATH, own, "vex", file.name, _document(file)[0]) for file in run.args.vex]
    return Upload((sbom, *vex), shown, document.spec_version, len(document.components))


def require_readable(upload: Upload, version: ServerVersion) -> None:
    """Refuse a document that a server would take and lose.

    Raises:
        InputError: The server does not know its version of CycloneDX, and does not check it.
    """
    newest = newest_cyclonedx(version)
    if newest and _number(upload.spec_version) > _number(newest):
        raise InputError(
            f"the SBOM is CycloneDX {upload.spec_version}, and Dependency-Track {version.text} reads up to {newest}; "
            "it would take the document and lose its components",
            hint="Upgrade the server to 4.12 or later, which reads CycloneDX 1.6.",
        )


def _number(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())


def _document(path: Path) -> tuple[bytes, CycloneDx]:
    try:
        data = canonical.read_bytes(path)
    except InputError as error:
        raise InputError(f"{path}: {printable(error.message)}", hint=error.hint) from error
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"{":
        raise _not_cyclonedx(path)
    try:
        plain = canonical.load_plain(data, where=str(path))
        document = read_cyclonedx(plain) if is_cyclonedx(plain) else None
    except UnexpectedShapeError as error:
        raise InputError(f"{path}: {printable(str(error))}") from error
    if document is None:
        raise _not_cyclonedx(path)
    return data, document


def _not_cyclonedx(path: Path) -> InputError:
    return InputError(
        f"{path}: is not CycloneDX in JSON, the only format that Dependency-Track takes here",
        hint="Give the file that ends in .cdx.json.",
    )


def _project(run: StageRun, document: CycloneDx) -> tuple[tuple[tuple[str, str], ...], str]:
    """Return the fields that name the project, and how it is shown."""
    args = run.args
    if args.uuid:
        if args.name or args.name_version or args.parent:
            raise _wrong("--uuid is a project that exists: it goes with neither a name nor a parent")
        return (("project", _uuid("--uuid", args.uuid)),), f"project {args.uuid}"
    root = document.root
    name, version = args.name or (root.name if root else ""), args.name_version or (root.version if root else "")
    if not name or not version:
        raise _wrong("the SBOM does not state name and version of what it describes: give --name and --name-version")
    fields = (("projectName", _text("--name", name)), ("projectVersion", _text("--name-version", version)))
    create = (("autoCreate", "false" if args.no_create else "true"),)
    return (*fields, *create, *_parent(args.parent)), printable(f"{name} {version}")


def _parent(text: str) -> tuple[tuple[str, str], ...]:
    if not text:
        return ()
    if _UUID.fullmatch(text):
        return (("parentUUID", text.lower()),)
    name, at, version = text.rpartition("@")
    if not at or not name:
        return (("parentName", _text("--parent", text)),)
    return (("parentName", _text("--parent", name)), ("parentVersion", _text("--parent", version)))


def _further(run: StageRun) -> tuple[tuple[str, str], ...]:
    """Return tags and the mark of the latest version."""
    tags = [_text("--tag", tag.strip()) for tag in run.args.tag]
    if bad := [tag for tag in tags if not tag or "," in tag]:
        raise _wrong(f"--tag {printable(bad[0])!r}: expected one tag, without a comma")
    listed = (("projectTags", ",".join(dict.fromkeys(tags))),) if tags else ()
    return (*listed, *((("isLatest", "true"),) if run.args.latest else ()))


def _uuid(option: str, text: str) -> str:
    if not _UUID.fullmatch(text):
        raise _wrong(f"{option} {printable(text)!r}: is no UUID")
    return text.lower()


def _text(option: str, text: str) -> str:
    if _CONTROL.search(text):
        raise _wrong(f"{option}: has a control character in it")
    return text


def _wrong(message: str) -> UsageError:
    return UsageError(message, hint=f"See {command('upload', '--help')}.", kind=ErrorClass.COMMAND_LINE)
