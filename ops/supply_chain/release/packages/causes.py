"""Why two builds differ and what to do: the known causes, by build backend, kind of distribution and field.

Source: https://github.com/pypa/setuptools/issues/2133; https://reproducible-builds.org/docs/source-date-epoch/;
https://reproducible-builds.org/docs/build-path/; https://gcc.gnu.org/onlinedocs/gcc/Overall-Options.html
(`-ffile-prefix-map`); https://github.com/scikit-build/scikit-build-core/issues/1389; observed with hatchling 1.33,
setuptools 84.2, flit_core 4.2, poetry-core 2.5, pdm-backend 2.5, uv_build 0.13, scikit-build-core 1.1, maturin 1.16
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.values.distribution import DistributionKind
from ops.supply_chain.core.commands import command
from ops.supply_chain.release.packages.comparison import (
    COMPRESSION,
    CONTENT,
    FILE_NAME,
    MEMBER,
    MODE,
    MTIME,
    ORDER,
    Difference,
)

NORMALISE = "Set [build].normalise = true, which repacks the distribution into one canonical form."
_PREFIX_MAP = (
    'Set [build].variables = {CFLAGS = "-ffile-prefix-map={source}=."} (and CXXFLAGS), or leave out debug information: '
    'CFLAGS = "-g0".'
)
_GENERATOR = re.compile(rb"^Generator: .*$", re.MULTILINE)
_BINARY = re.compile(r".*\.(?:so|pyd|dll|dylib|a|o)(?:\.[0-9.]+)?")
_SBOM = re.compile(r".*\.dist-info/sboms/.+")
_ISO_DATE = re.compile(rb"20\d\d-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d")


class Cause(NamedTuple):
    """Why a field differs, and what to do, a sentence each."""

    cause: str
    cure: str


class BuildFolders(NamedTuple):
    """The folders in which the two builds ran, absolute; the contents are searched for them."""

    first: str
    second: str


_UNKNOWN_HEADER = Cause("The build backend writes a value that is not the same in two builds.", NORMALISE)

_KNOWN: dict[tuple[str, DistributionKind, str], Cause] = {
    ("setuptools", DistributionKind.WHEEL, MODE): Cause(
        "setuptools copies the modes of the files on disk into the wheel, and these follow the umask.", NORMALISE
    ),
    ("setuptools", DistributionKind.SDIST, MODE): Cause(
        "setuptools copies the modes of the files on disk into the sdist, and these follow the umask.", NORMALISE
    ),
    ("setuptools", DistributionKind.SDIST, MTIME): Cause(
        "setuptools ignores SOURCE_DATE_EPOCH for an sdist: members have the times of the files on disk, and generated "
        "ones the time of the build (pypa/setuptools#2133).",
        NORMALISE,
    ),
    ("setuptools", DistributionKind.SDIST, "owner"): Cause(
        "setuptools copies the owner of the files on disk into the sdist.", NORMALISE
    ),
    ("setuptools", DistributionKind.SDIST, "gzip mtime"): Cause(
        "setuptools writes the time of the build into the gzip header, whatever SOURCE_DATE_EPOCH says "
        "(pypa/setuptools#2133).",
        NORMALISE,
    ),
    ("pdm-backend", DistributionKind.SDIST, "gzip mtime"): Cause(
        "pdm-backend writes the time of the build into the gzip header, whatever SOURCE_DATE_EPOCH says.", NORMALISE
    ),
    ("flit_core", DistributionKind.SDIST, MTIME): Cause(
        "flit_core takes the times of the files on disk where SOURCE_DATE_EPOCH is not set.", NORMALISE
    ),
    ("flit_core", DistributionKind.WHEEL, MTIME): Cause(
        "flit_core takes the times of the files on disk, in the local time zone, where SOURCE_DATE_EPOCH is not set.",
        NORMALISE,
    ),
}

_FIELDS: dict[str, Cause] = {
    ORDER: Cause("Members are packed in the order in which the file system lists them.", NORMALISE),
    MTIME: Cause("The time of a file on disk or of the build is packed.", NORMALISE),
    MODE: Cause("The mode of a file on disk is packed, and it follows the umask.", NORMALISE),
    "owner": Cause("The owner of a file on disk is packed.", NORMALISE),
    "gzip mtime": Cause("The time of the build is written into the gzip header.", NORMALISE),
    COMPRESSION: Cause(
        "Every member and every header is the same, and only the compression differs: two zlib libraries took part.",
        NORMALISE,
    ),
    MEMBER: Cause(
        "The build packs a file that depends on its conditions: time zone, locale, umask, CPU count, user or folder.",
        "Find what writes this file, and let it depend on the commit alone.",
    ),
    FILE_NAME: Cause(
        "The version or the tag in the file name depends on the conditions of the build.",
        "Let the version depend on the commit alone, for example on its tag, and not on the time.",
    ),
}


def cause_of(backend: str, kind: DistributionKind, difference: Difference, folders: BuildFolders) -> Cause:
    """Return the known cause and cure of a difference.

    Args:
        backend: The name of the distribution that provides the backend, as `backend_name` returns it.
        kind: A wheel or an sdist.
        difference: As `compare_archives` returns it.
        folders: Where the two builds ran.
    """
    if difference.field == CONTENT:
        return _content(backend, difference, folders)
    known = _KNOWN.get((backend, kind, difference.field))
    return known or _FIELDS.get(difference.field, _UNKNOWN_HEADER)


def backend_name(build_backend: str) -> str:
    """Return the name by which the table of causes knows a backend.

    Args:
        build_backend: `[build-system].build-backend`; empty means setuptools, as PEP 517 says.
    """
    module = build_backend.partition(":")[0]
    top = module.partition(".")[0]
    names = {"poetry": "poetry-core", "pdm": "pdm-backend", "scikit_build_core": "scikit-build-core", "": "setuptools"}
    return names.get(top, top)


def _content(backend: str, difference: Difference, folders: BuildFolders) -> Cause:  # noqa: PLR0911 - one return a cause
    first, second = difference.contents
    name = difference.member
    if _contains_folder(difference.contents, folders):
        if _SBOM.fullmatch(name):
            return Cause(
                "The SBOM in the wheel names the folder of the build (maturin writes it into its bom-refs).",
                "Turn it off in [tool.maturin.sbom], or keep the folder of the build out of it.",
            )
        if _BINARY.fullmatch(name) and backend == "scikit-build-core":
            return Cause(
                "The compiled file contains the folder of the build: CMake compiles by absolute paths, which `__FILE__` "
                "and debug information repeat. `wheel.reproducible` does not change that.",
                _PREFIX_MAP,
            )
        if _BINARY.fullmatch(name):
            return Cause(
                "The compiled file contains the folder of the build, as the compile directory of its debug information; its "
                "build-id follows from it.",
                _PREFIX_MAP,
            )
        return Cause(
            "The file contains the folder of the build.", "Find what writes the path, and write a relative one."
        )
    if name.endswith(".dist-info/WHEEL") and _GENERATOR.findall(first) != _GENERATOR.findall(second):
        return Cause(
            "Two versions of the build backend took part: the line `Generator` differs.",
            f"Pin the backend in the build lock: {command('lock')}.",
        )
    if _BINARY.fullmatch(name):
        return Cause(
            "The compiled file differs and does not contain the folder of the build: a date, a random seed or a build-id is "
            "compiled into it.",
            _PREFIX_MAP,
        )
    if sorted(first.splitlines()) == sorted(second.splitlines()):
        return Cause(
            "The same lines are written in another order: that of a set or of a folder's listing.",
            "Sort what is written.",
        )
    if _ISO_DATE.findall(first) != _ISO_DATE.findall(second):
        return Cause(
            "The file contains the time of the build.", "Write SOURCE_DATE_EPOCH, which the build sees, in its place."
        )
    return Cause(
        "The build writes this file, and it depends on a condition of the build: time, time zone, locale, hash seed, umask, "
        "CPU count or user.",
        "Find what writes it, and let it depend on the commit alone.",
    )


def _contains_folder(contents: Sequence[bytes], folders: BuildFolders) -> bool:
    return any(folder and folder.encode() in content for folder, content in zip(folders, contents, strict=True))
