"""The folder as a whole: pages by path, `mkdocs.yml` and `catalog-info.yaml`.

TechDocs adds its own plugin to a `mkdocs.yml` that names none, and plain mkdocs builds the same file.

Source: https://www.mkdocs.org/user-guide/configuration/ ; https://backstage.io/docs/features/techdocs/ ;
https://backstage.io/docs/features/software-catalog/descriptor-format
"""

from __future__ import annotations

import re

from ops.supply_chain.assurance.techdocs.model import Mirror
from ops.supply_chain.assurance.techdocs.pages import (
    dependencies_page,
    incident_page,
    index_page,
    verification_page,
    waivers_page,
)
from ops.supply_chain.assurance.techdocs.releases import (
    all_packages_page,
    packages_page,
    release_page,
    releases_page,
    sboms_page,
)
from ops.supply_chain.contracts.config.mirror import UNKNOWN_OWNER
from ops.supply_chain.formats import markdown, yaml

DOCS = "docs"
MOST_NAME = 63
"""Characters of an entity's name in the catalogue."""

NOTE = "# Made by mirror_docs.py of sealwright: it is made anew, edit nothing here.\n"


def site(mirror: Mirror) -> dict[str, bytes]:
    """Return every file of the mirror but the enclosed ones: path relative to it -> content."""
    pages = _pages(mirror)
    made = {f"{DOCS}/{path}": "\n".join(lines).rstrip("\n") + "\n" for path, lines in pages.items()}
    made["mkdocs.yml"] = _mkdocs(mirror)
    made["catalog-info.yaml"] = _catalogue(mirror)
    return {path: text.encode() for path, text in sorted(made.items())}


def _pages(mirror: Mirror) -> dict[str, list[str]]:
    pages = {
        "index.md": index_page(mirror),
        "incident.md": incident_page(mirror),
        "packages.md": all_packages_page(mirror),
        "releases.md": releases_page(mirror),
        "sboms.md": sboms_page(mirror),
        "waivers.md": waivers_page(mirror),
        "dependencies.md": dependencies_page(mirror),
        "verification.md": verification_page(mirror),
    }
    for release in mirror.releases:
        pages[f"releases/{release.version}/index.md"] = release_page(mirror, release)
        pages[f"releases/{release.version}/packages.md"] = packages_page(mirror, release)
    return pages


def _mkdocs(mirror: Mirror) -> str:
    fixed = (
        ("Start", "index.md"),
        ("Incident", "incident.md"),
        ("Packages", "packages.md"),
        ("SBOMs", "sboms.md"),
        ("Waivers", "waivers.md"),
        ("Dependencies", "dependencies.md"),
        ("Verification", "verification.md"),
    )
    releases = [
        {
            markdown.line(release.version): [
                {"Release": f"releases/{release.version}/index.md"},
                {"Packages": f"releases/{release.version}/packages.md"},
            ]
        }
        for release in mirror.releases
    ]
    return NOTE + yaml.dump(
        {
            "site_name": markdown.line(mirror.component),
            "site_description": markdown.line(mirror.description),
            "docs_dir": DOCS,
            "theme": {"name": "mkdocs", "highlightjs": False},
            "nav": [*({title: path} for title, path in fixed), {"Releases": [{"All": "releases.md"}, *releases]}],
        }
    )


def _catalogue(mirror: Mirror) -> str:
    config = mirror.config
    return NOTE + yaml.dump(
        {
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "Component",
            "metadata": {
                "name": entity_name(mirror.component),
                "title": markdown.line(mirror.component),
                "description": markdown.line(mirror.description),
                "annotations": {"backstage.io/techdocs-ref": "dir:."},
            },
            "spec": {
                "type": markdown.line(config.type),
                "lifecycle": markdown.line(config.lifecycle),
                "owner": markdown.line(config.owner or UNKNOWN_OWNER),
            },
        }
    )


def entity_name(component: str) -> str:
    """Return a component's name in the catalogue: letters and digits in runs, parted by one of `-`, `_`, `.`."""
    words = re.sub(r"[^A-Za-z0-9._-]+|[._-]{2,}", "-", component)
    return words[:MOST_NAME].strip("-_.") or "component"
