"""Requirements files under names that no tool expects, recognised by their content.

pip takes any name after `-r` and `-c`, so the name of a file shows only what it cannot be: a file with one of the usual
endings of programs, documents, data and media is not opened.
"""

from __future__ import annotations

import posixpath
import re

from ops.supply_chain.dependencies.locks.readers.sniff import has_only_requirements, is_requirements_file

REQUIREMENTS = "a requirements file under a name that is not one of them"
CONSTRAINTS = "a constraints file under a name that is not one of them"

_PROGRAMS = (
    r"py\d*|pyi|pyx|pxd|pxi|pyw|pyc|pyo|c|h|cc|cpp|cxx|hh|hpp|hxx|m|mm|rs|go|java|class|kts?|scala|rb|pl|pm|php|lua|r|jl|swift|cs|fs|vb"
    r"|js|cjs|mjs|jsx|ts|tsx|vue|svelte|css|scss|sass|less|sql|sh|bash|zsh|fish|bat|cmd|ps1|f|f90|asm|s|el|ex|exs|erl|hs|ml|proto|thrift"
    r"|cmake|mk|gradle|tf|hcl|rego|graphql|html?|xhtml|j2|jinja2?|tmpl|tpl|mako|template"
)
_DOCUMENTS = r"md|mdx|markdown|rst|adoc|tex|bib|org|1|3|5|8|json|jsonl|json5|ya?ml|toml|xml|xsd|xsl|xslt|ipynb|csv|tsv|diff|patch|svg"
_MEDIA = (
    r"png|jpe?g|gif|ico|bmp|webp|tiff?|psd|pdf|eps|ps|mp[34]|wav|ogg|webm|avi|mov|ttf|otf|woff2?|eot|zip|gz|tgz|bz2|xz|zst|7z|rar|tar|whl"
    r"|egg|jar|so|dll|dylib|exe|o|a|lib|bin|dat|db|sqlite3?|npy|npz|parquet|h5|hdf5|pkl|pickle|pt|onnx|mo|po|pot|pem|crt|key|der|asc|sig"
)
_OTHER = re.compile(rf"(?i).*\.(?:{_PROGRAMS}|{_DOCUMENTS}|{_MEDIA})")
_CODE = re.compile(rf"(?i).*\.(?:{_PROGRAMS}|{_MEDIA})")
_CONSTRAINTS = re.compile(r"(?i)(?:.*[-_.\d])?constraints?(?:[-_.\d].*)?")
_HINTS = re.compile(
    r"(?i)(?:.*[-_.\d])?(?:requirements?|requires?|reqs?|deps|dependencies|pins?|pinned|freeze|frozen)(?:[-_.\d].*)?"
)
_PIN = re.compile(rb"^[ \t]*[A-Za-z0-9][\w.-]*(?:\[[^\]\n]*\])?[ \t]*===?[ \t]*\d", re.MULTILINE)


def may_be_any(name: str) -> bool:
    """Return whether nothing in a file's name excludes that it is a requirements file or a script of Python."""
    return not _OTHER.fullmatch(name)


def may_be_other_requirements(name: str) -> bool:
    """Return whether a file of this name could be a requirements file, so that its content decides."""
    return may_be_any(name) or (_CONSTRAINTS.fullmatch(name) is not None and not _CODE.fullmatch(name))


def other_requirements(path: str, head: bytes) -> str:
    """Return what a file with an unusual name is, if it is a requirements file; else an empty text.

    Args:
        path: Relative to the project, with `/`.
        head: The start of its content, up to the end of a line.
    """
    folder, name = posixpath.split(path)
    plain = head.replace(b"\0", b"").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    has_pin = _PIN.search(plain) is not None
    if _CONSTRAINTS.fullmatch(name):
        return CONSTRAINTS if has_pin or is_requirements_file(head) else ""
    hinted = _HINTS.fullmatch(name) or _HINTS.fullmatch(posixpath.basename(folder))
    if has_pin and (has_only_requirements(head) or has_only_requirements(plain)):
        return REQUIREMENTS
    return REQUIREMENTS if hinted and is_requirements_file(head) else ""
