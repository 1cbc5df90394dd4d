"""XML of strangers: no DOCTYPE, no entity, no encoding that hides one, and never more of the tree than is being read.

A parser that was given a DOCTYPE may fetch files, expand entities without end, or drop them in silence, and parsers
differ in which. So the prolog is read here, in the characters that the parser will see, and a DOCTYPE is refused before
any parser runs. What remains has no entities but the five of XML itself.

Source: https://www.w3.org/TR/xml/ section 2.8 and appendix F; https://www.w3.org/TR/xml-names/
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.json_reader import UnexpectedShapeError

if TYPE_CHECKING:
    from lxml.etree import _Element

ENCODINGS = frozenset({"utf-8", "utf-16", "us-ascii", "ascii", "iso-8859-1", "windows-1252", "utf-16le", "utf-16be"})
"""Encodings of XML that are read. Others can write a DOCTYPE in bytes that do not show it."""

_DECLARATION = re.compile(r"<\?xml\s[^>]*?\?>")
_ENCODING = re.compile(r"""encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_SPACE = re.compile(r"\s*")
_ROOT = re.compile(r"<(?:([\w.-]+):)?([\w.-]+)((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")
_NAMESPACE = re.compile(r"""\sxmlns(?::([\w.-]+))?\s*=\s*["']([^"']*)["']""")


class XmlText(NamedTuple):
    """A document that may be parsed: its text without the XML declaration, and namespace and name of its root."""

    text: str
    namespace: str
    name: str


def open_xml(data: bytes) -> XmlText:
    """Decode a document and read its prolog.

    Raises:
        UnexpectedShapeError: It has a DOCTYPE, an encoding that is not read, no root, or a character that XML has not.
    """
    text = _decoded(data)
    found = _DECLARATION.match(text)
    if found:
        text = text[found.end() :]
    at = _prolog(text)
    root = _ROOT.match(text, at)
    if root is None:
        raise UnexpectedShapeError("is not XML: it has no root element")
    spaces = dict(_NAMESPACE.findall(root[3]))
    return XmlText(text, spaces.get(root[1] or "", ""), root[2])


def _decoded(data: bytes) -> str:
    encoding = _encoding(data)
    if encoding not in ENCODINGS:
        raise UnexpectedShapeError(f"is XML in the encoding {excerpt(encoding)}, which is not read")
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError) as error:
        raise UnexpectedShapeError(f"is not XML in {encoding}") from error


def _encoding(data: bytes) -> str:
    """Return the encoding by the mark at the start, the first characters, or the declaration; UTF-8 without any."""
    for mark, name in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32")):
        if data.startswith(mark):
            return name
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if data[:2] == b"<\0":
        return "utf-16le"
    if data[:2] == b"\0<":
        return "utf-16be"
    head = data[:1024].decode("ascii", "replace").lstrip()
    declared = _DECLARATION.match(head)
    named = _ENCODING.search(declared[0]) if declared else None
    return named[1].lower() if named else "utf-8"


def _prolog(text: str) -> int:
    """Return where the root begins: comments, processing instructions and white space may come before it."""
    at = 0
    while True:
        at = _SPACE.match(text, at).end()  # type: ignore[union-attr]
        if text.startswith("<!--", at):
            at = _behind(text, "-->", at + 4)
        elif text.startswith("<?", at):
            at = _behind(text, "?>", at + 2)
        elif text.startswith("<!", at):
            raise UnexpectedShapeError(
                "has a DOCTYPE: no SBOM needs one, and it can make a reader fetch or expand files"
            )
        else:
            return at


def _behind(text: str, end: str, start: int) -> int:
    at = text.find(end, start)
    if at < 0:
        raise UnexpectedShapeError("is not XML: a comment or instruction before the root does not end")
    return at + len(end)


def branches(document: XmlText, depths: frozenset[tuple[str, ...]]) -> Iterator[_Element]:
    """Yield elements at some places of the tree as each is complete, and forget each when the next is wanted.

    Args:
        document: The document.
        depths: Names of the elements from below the root down to the ones wanted: `("components", "component")`.
    Yields:
        The root when it begins, then the wanted elements in document order.
    Raises:
        UnexpectedShapeError: It is not well-formed, nested deeper than 256 elements, or has a text of over 10 MB.
    """
    from lxml import etree

    source = io.BytesIO(document.text.encode("utf-8", "surrogatepass"))
    path: list[str] = []
    try:
        for event, element in etree.iterparse(
            source,
            events=("start", "end"),
            encoding="utf-8",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        ):
            if event == "start":
                path.append(local_name(element))
                if len(path) == 1:
                    yield element
                continue
            if tuple(path[1:]) in depths:
                yield element
                _forget(element)
            path.pop()
    except (etree.LxmlError, ValueError) as error:
        raise UnexpectedShapeError(f"is not XML that can be read: {excerpt(error)}") from error


def _forget(element: _Element) -> None:
    parent = element.getparent()
    element.clear()
    if parent is not None:
        while (before := element.getprevious()) is not None:
            parent.remove(before)


def whole_tree(document: XmlText) -> _Element:
    """Parse a document as a whole.

    Raises:
        UnexpectedShapeError: It is not well-formed, nested deeper than 256 elements, or has a text of over 10 MB.
    """
    from lxml import etree

    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(document.text.encode("utf-8", "surrogatepass"), parser)
    except (etree.LxmlError, ValueError) as error:
        raise UnexpectedShapeError(f"is not XML that can be read: {excerpt(error)}") from error


def local_name(element: _Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]
