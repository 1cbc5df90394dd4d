"""What the page's script reads: the package graph as JSON that cannot end its element, and the page's own policy.

Source: HTML, "Restrictions for contents of script elements"; Content Security Policy Level 3; Trusted Types.
"""

from __future__ import annotations

import base64
import hashlib
import json

from ops.supply_chain.assurance.report.packages import PackageGraph
from ops.supply_chain.core.text import printable, without_credentials

_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def data_of(packages: PackageGraph | None) -> str:
    """Return the graph as JSON for a data element.

    Returns:
        ASCII, without `<`, `>` and `&`: `{"packages": [[name, version, licence, depth, needs, findings, worst]],
        "direct": [...], "root": "..."}`; `needs` is null where not known.
    """
    rows = [
        [package.name, package.version, package.licence, package.depth, package.needs, package.findings, package.worst]
        for package in (packages.all if packages else ())
    ]
    document = {
        "direct": packages.direct if packages else (),
        "packages": rows,
        "root": _shown(packages.root) if packages else "",
    }
    # json.dumps writes everything beyond ASCII as \\uXXXX, U+2028 and U+2029 among it.
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "".join(_ESCAPES.get(character, character) for character in text)


def security_policy(*, script: str, style: str) -> str:
    """Return the policy that lets exactly this script and this style work, and nothing be asked of any network.

    Args:
        script: The text between the script element's tags, to the last space.
        style: The same of the style element.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_digest(script)}'",
            f"style-src '{_digest(style)}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _shown(text: str) -> str:
    return printable(without_credentials(text))
