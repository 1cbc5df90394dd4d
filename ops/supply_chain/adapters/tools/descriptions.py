"""Rendering the description of a distribution as an index does, with its own library.

Source: https://packaging.python.org/en/latest/specifications/core-metadata/#description-content-type ;
https://github.com/pypa/readme_renderer
"""

from __future__ import annotations

import io

from ops.supply_chain.adapters.sigstore.deadline import within
from ops.supply_chain.core.text import excerpt

RENDER_SECONDS = 20.0
"""For one description: tables of a few kilobytes can take docutils minutes."""

PLAIN, RST, MARKDOWN = "text/plain", "text/x-rst", "text/markdown"


def render_problem(text: str, content_type: str) -> str | None:
    """Return what keeps a description from being rendered.

    Args:
        text: The description.
        content_type: Its type without parameters, lower case.
    Returns:
        Empty if it renders, None where it was not checked, because the library is not installed.
    """
    if content_type in (PLAIN, MARKDOWN):  # every text renders
        return ""
    if content_type != RST:
        return f"the content type {content_type!r} is not {PLAIN}, {RST} or {MARKDOWN}"
    try:
        from readme_renderer import rst
    except ImportError:
        return None
    warnings = io.StringIO()
    try:
        rendered = within(RENDER_SECONDS, lambda: rst.render(text, stream=warnings))
    except Exception as error:  # docutils fails in many ways on what is nested too deeply or malformed
        return f"{type(error).__name__}: {excerpt(error)}"
    if rendered is not None:
        return ""
    lines = [line.strip() for line in warnings.getvalue().splitlines() if line.strip()]
    return lines[0] if lines else "it has no content"
