"""Descriptions that do not render, or not in time, end in a sentence and in no crash."""

from __future__ import annotations

import threading

import pytest

from ops.supply_chain.adapters.tools import descriptions
from ops.supply_chain.adapters.tools.descriptions import render_problem


def test_what_is_nested_too_deeply_does_not_render() -> None:
    pytest.importorskip("readme_renderer")
    nested = "".join(f"{'  ' * depth}* a\n\n" for depth in range(300))
    assert (render_problem(nested, descriptions.RST) or "").startswith("RecursionError")


def test_a_description_has_a_time_to_render(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("readme_renderer")
    ended = threading.Event()
    monkeypatch.setattr("readme_renderer.rst.render", lambda *_, **__: ended.wait(30))
    monkeypatch.setattr(descriptions, "RENDER_SECONDS", 0.01)
    assert (render_problem("text\n", descriptions.RST) or "").startswith("TimeoutError")
    ended.set()
    assert render_problem("plain", descriptions.PLAIN) == ""
