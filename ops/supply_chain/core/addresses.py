"""The public default addresses that a user needs, in one place; config can replace each."""

from __future__ import annotations

INDEX_URL = "https://pypi.org/simple/"
"""Simple repository API of the default index (PEP 503, PEP 691)."""

INDEX_PROJECT_URL = "https://pypi.org/project/"
"""Root of the web pages of the default index's projects: `<root><project>/`."""

INDEX_JSON_URL = "https://pypi.org/pypi/"
"""Root of the default index's JSON API: `<root><project>/json`."""

INTEGRITY_URL = "https://pypi.org/integrity/"
"""Root of the default index's Integrity API (PEP 740): `<root><project>/<version>/<file>/provenance`."""

UPLOAD_URL = "https://upload.pypi.org/legacy/"
"""Upload API of the public index."""

OIDC_URL = "https://pypi.org/_/oidc/"
"""Root of Trusted Publishing on the public index: `<root>audience` and `<root>mint-token`."""

TEST_INDEX_URL, TEST_INTEGRITY_URL = "https://test.pypi.org/simple/", "https://test.pypi.org/integrity/"
"""Simple and Integrity API of the public index for tests."""

TEST_UPLOAD_URL, TEST_OIDC_URL = "https://test.pypi.org/legacy/", "https://test.pypi.org/_/oidc/"
"""Its upload API, and its root of Trusted Publishing."""

OSV_SNAPSHOT_URL = "https://storage.googleapis.com/osv-vulnerabilities/PyPI/all.zip"
"""OSV's daily dump of all records of the ecosystem PyPI, withdrawn ones included."""

OSV_ECOSYSTEM_URL = "https://osv-vulnerabilities.storage.googleapis.com/{ecosystem}/all.zip"
"""OSV's daily dump of another ecosystem, by its name without a suffix."""

OSV_API_URL = "https://api.osv.dev"
"""Root of the OSV API; the paths below it begin with `/v1/`."""

KEV_URL = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
"""CISA's catalog of known exploited vulnerabilities."""

EPSS_URL = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"
"""EPSS scores of all CVEs of the newest day, as FIRST publishes them; use is free, with attribution to FIRST."""

GITHUB_API_URL = "https://api.github.com"
"""Root of the GitHub REST API; `GITHUB_API_URL` in the environment names another, as on GitHub's own runners."""

URI_BASE = "urn:sealwright:"
"""Start of our build type and builder identifiers. It names, and does not resolve; `docs/provenance.md`
describes each. A project that publishes that page sets `[provenance].uri_base` to its address."""
