"""`[build]`: whether and how the project's distributions are built, and what else is built for a release."""

from __future__ import annotations

import msgspec

from ops.supply_chain.contracts.base import Contract


class BuildConfig(Contract, frozen=True, kw_only=True):
    """`[build]`: whether and how `build_distributions.py` builds sdist and wheel; whether releases have the verifier.

    A build runs the code of the project and of its locked build requirements, so it needs consent. Where `allow` is not set,
    a committed build lock is the consent: `requirements-build.txt` beside `pyproject.toml`, which `nox -s lock` writes for a
    Python package. With `allow = true` a package without build lock is a finding, and `compile_locks.py` runs the build backend to
    lock what it asks for beyond `[build-system].requires`. `allow = false` builds nothing and writes no build lock. Nothing is
    built below a process that has a token for signing or publishing. `normalise` repacks each distribution into one canonical form: contents and names are unchanged, RECORD is written
    again, and the build report has the digests before and after. It also keeps the build folder out of compiled code, with
    `-ffile-prefix-map` in `CFLAGS` and `CXXFLAGS`, unless `variables` sets them. `variables` are environment variables that a build gets beyond the few that it always has;
    `{source}` in a value is the folder in which the wheel is built. `embed` puts an SBOM of what a wheel contains into it (PEP 770), as
    `.dist-info/sboms/sealwright.cdx.json`, and repacks the wheel into its canonical form, even without `normalise`.
    Distributions that were built elsewhere are never changed: one without that SBOM is a finding then.

    `verifier = false` leaves the stand-alone verifier, `sealwright-verify.pyz`, out of releases.
    """

    allow: bool | None = None
    normalise: bool = False
    embed: bool = False
    verifier: bool = True
    variables: dict[str, str] = msgspec.field(default_factory=dict)
