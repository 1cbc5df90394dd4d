"""Libraries that wheels contain: the names of their files, and the texts in them that state a version.

Only texts that the library's own build puts there are listed. The numbers in a file name are mostly those of the binary
interface: only libraries whose file names end in the release are marked as such.

Source: https://github.com/pypa/auditwheel, https://github.com/adang1345/delvewheel and https://github.com/matthew-brett/delocate
for the names of the files; the libraries' own sources for the texts.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Signature(NamedTuple):
    """A text that states a version: `anchor` is a part of it that is quick to find, `pattern` has the group `version`.

    `pattern` matches at most `BEFORE` bytes before the anchor.
    """

    anchor: bytes
    pattern: re.Pattern[bytes]


BEFORE = 32
LONGEST_TEXT = 160
"""Bytes before the anchor of a text, and from there to its end."""


class Library(NamedTuple):
    """A library by its upstream name.

    `stems` are the names of its files without `lib`, hashes and what follows the first dot, in lower case. `cpe` is its
    vendor and product in CPE names. `releases` are the stems of files whose names end in the library's release.
    """

    name: str
    stems: tuple[str, ...]
    cpe: str = ""
    signature: Signature | None = None
    releases: tuple[str, ...] = ()


def _text(anchor: str, pattern: str) -> Signature:
    return Signature(anchor.encode(), re.compile(pattern.encode()))


_DOTTED = r"(?P<version>[0-9]{1,5}(?:\.[0-9]{1,5}){1,4})"

_BROTLI = ("brotlicommon", "brotlidec", "brotlienc")

LIBRARIES = (
    Library("brotli", _BROTLI, "google:brotli", releases=_BROTLI),
    Library("bzip2", ("bz2",), "bzip:bzip2", releases=("bz2",)),
    Library("curl", ("curl",), "haxx:libcurl", _text("libcurl/", rf"libcurl/{_DOTTED}\b")),
    Library("cyrus-sasl", ("sasl2",), "cyrusimap:cyrus-sasl"),
    Library("e2fsprogs", ("com_err",)),
    Library("expat", ("expat",), "libexpat_project:libexpat", _text("expat_", rf"\bexpat_{_DOTTED}\0")),
    Library(
        "ffmpeg",
        ("avcodec", "avdevice", "avfilter", "avformat", "avutil", "swresample", "swscale"),
        "ffmpeg:ffmpeg",
        _text("FFmpeg version ", rf"FFmpeg version n?{_DOTTED}\b"),
    ),
    Library("freetype", ("freetype",), "freetype:freetype"),
    Library("fribidi", ("fribidi",), "gnu:fribidi"),
    Library("gcc-runtime", ("gcc_s", "gfortran", "gomp", "quadmath", "stdc++", "atomic")),
    Library("gdal", ("gdal",), "osgeo:gdal", _text("GDAL ", rf"\bGDAL {_DOTTED}, released ")),
    Library(
        "geos", ("geos", "geos_c"), "libgeos:geos", _text("-CAPI-", rf"\b{_DOTTED}-CAPI-[0-9.]+"), releases=("geos",)
    ),
    Library("harfbuzz", ("harfbuzz",), "harfbuzz_project:harfbuzz"),
    Library(
        "hdf5",
        ("hdf5", "hdf5_hl"),
        "hdfgroup:hdf5",
        _text("HDF5 library version: ", f"HDF5 library version: {_DOTTED}"),
    ),
    Library("keyutils", ("keyutils",)),
    Library(
        "krb5",
        ("gssapi_krb5", "k5crypto", "krb5", "krb5support"),
        "mit:kerberos_5",
        _text("KRB5_BRAND: krb5-", rf"KRB5_BRAND: krb5-{_DOTTED}\b"),
    ),
    Library("lcms2", ("lcms2", "littlecms2"), "littlecms:little_cms_color_engine"),
    Library("libaec", ("aec", "sz")),
    Library("libavif", ("avif",), "aomedia:libavif"),
    Library(
        "libjpeg-turbo",
        ("jpeg", "turbojpeg"),
        "libjpeg-turbo:libjpeg-turbo",
        _text("libjpeg-turbo version ", f"libjpeg-turbo version {_DOTTED}"),
    ),
    Library("libpng", ("png16",), "libpng:libpng", _text("libpng version ", f"libpng version {_DOTTED}")),
    Library("libselinux", ("selinux",)),
    Library("libsodium", ("sodium",), "libsodium:libsodium"),
    Library("libssh2", ("ssh2",), "libssh2:libssh2", _text("libssh2_", rf"SSH-2\.0-libssh2_{_DOTTED}")),
    Library("libtiff", ("tiff",), "libtiff:libtiff", _text("LIBTIFF, Version ", f"LIBTIFF, Version {_DOTTED}")),
    Library("libwebp", ("webp", "webpdecoder", "webpdemux", "webpmux", "sharpyuv"), "webmproject:libwebp"),
    Library("libxau", ("xau",)),
    Library("libxcb", ("xcb",)),
    Library("libxcrypt", ("crypt",)),
    Library("libxml2", ("xml2",), "xmlsoft:libxml2"),
    Library("libxslt", ("xslt", "exslt"), "xmlsoft:libxslt"),
    Library(
        "msvc-runtime",
        ("msvcp140", "msvcp140_1", "msvcp140_2", "vcruntime140", "vcruntime140_1", "vcomp140", "concrt140"),
    ),
    Library("mupdf", ("mupdf", "mupdfcpp"), "artifex:mupdf", _text("MuPDF ", rf"\bMuPDF {_DOTTED}\b")),
    Library(
        "openblas",
        ("openblas", "openblas64_", "openblas64_p", "openblasp", "scipy_openblas", "scipy_openblas64_"),
        "openblas_project:openblas",
        _text("OpenBLAS ", rf"\bOpenBLAS {_DOTTED}\b"),
    ),
    Library("openjpeg", ("openjp2",), "uclouvain:openjpeg", releases=("openjp2",)),
    Library("openldap", ("lber", "ldap", "ldap_r"), "openldap:openldap"),
    Library(
        "openssl",
        ("crypto", "ssl"),
        "openssl:openssl",
        _text(
            "OpenSSL ",
            r"\bOpenSSL (?P<version>[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}[a-z]{0,2})(?:-[a-z0-9]+)? {1,2}[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4}",
        ),
    ),
    Library("pcre", ("pcre",), "pcre:pcre"),
    Library("postgresql", ("pq",), "postgresql:postgresql"),
    Library("proj", ("proj",), "osgeo:proj", _text("Rel. ", rf"\bRel\. {_DOTTED}, [A-Z][a-z]+ [0-9]")),
    Library("sqlite", ("sqlite3",), "sqlite:sqlite"),
    Library("xz", ("lzma",), "tukaani:xz", releases=("lzma",)),
    Library("zeromq", ("zmq",), "zeromq:libzmq"),
    Library(
        "zlib",
        ("z", "zlib", "zlib1"),
        "zlib:zlib",
        _text("flate ", rf"\b(?:de|in)flate {_DOTTED} Copyright "),
        releases=("z",),
    ),
    Library("zstd", ("zstd",), "facebook:zstandard", releases=("zstd",)),
)
"""Every library that is known, sorted by name; `gcc-runtime` are those that come with the compiler."""

BY_STEM = {stem: library for library in LIBRARIES for stem in library.stems}
"""The stem of a file name -> the library."""

RUSTC = re.compile(rb"rustc version [0-9]{1,5}\.[0-9]{1,5}\.[0-9]{1,5}")
"""The text of a compiler that leaves no note in a section of its own."""
