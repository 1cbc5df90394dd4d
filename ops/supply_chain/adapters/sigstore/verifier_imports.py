"""Importing sigstore for verification alone, which takes half of the time: without its network clients, models built when used.

Verification reads no network, but sigstore imports the clients of its services with everything else. While it is imported here,
they have stand-ins, each of which imports the real module when anything of it is used: a process that signs later has them.
pydantic's models are built with their first value, as its option `defer_build` does; most are never used.

Source: https://docs.pydantic.dev/latest/api/config/#pydantic.config.ConfigDict.defer_build,
https://docs.python.org/3/reference/datamodel.html#customizing-module-attribute-access
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from importlib.metadata import version
from types import ModuleType
from typing import Any

from ops.supply_chain.core.collector import importing

_PARTS = (("requests",), ("jwt",), ("platformdirs",), ("tuf", "ngclient"))
NETWORK_MODULES = tuple(map(".".join, _PARTS))
"""What sigstore imports and verification does not use."""

_CALLED = {NETWORK_MODULES[0]: ("Session",), NETWORK_MODULES[-1]: ("Updater", "UpdaterConfig")}
"""Names that sigstore takes from a module while it is imported, and only calls later."""


class StandIn(ModuleType):
    """A module that is imported when something of it is used.

    Args:
        name: Its dotted name.
    """

    def __getattr__(self, attribute: str) -> Any:
        """Return an attribute of the real module."""
        if attribute.startswith("__") and attribute != "__version__":
            raise AttributeError(attribute)  # the import machinery asks for its own
        if attribute == "__version__" and sys.modules.get(self.__name__) is self:
            return version(self.__name__)
        if attribute in _CALLED.get(self.__name__, ()):
            return partial(self._call, attribute)
        return getattr(self._real(), attribute)

    def _call(self, attribute: str, *words: Any, **named: Any) -> Any:
        return getattr(self._real(), attribute)(*words, **named)

    def _real(self) -> ModuleType:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return import_module(self.__name__)


@contextmanager
def for_verification() -> Iterator[None]:
    """Import sigstore within the block as verification needs it; modules that are imported already stay as they are."""
    from pydantic import BaseModel, ConfigDict

    stand_ins = [StandIn(name) for name in NETWORK_MODULES if name not in sys.modules]
    sys.modules.update({module.__name__: module for module in stand_ins})
    before = BaseModel.model_config
    BaseModel.model_config = ConfigDict(**{**before, "defer_build": True})
    try:
        with importing():
            yield
    finally:
        BaseModel.model_config = before
        for module in stand_ins:
            if sys.modules.get(module.__name__) is module:
                del sys.modules[module.__name__]


with for_verification():
    from sigstore import dsse
    from sigstore._internal.timestamp import TimestampSource, TimestampVerificationResult
    from sigstore._internal.trust import Keyring, KeyringPurpose
    from sigstore.errors import Error, VerificationError
    from sigstore.hashes import Hashed
    from sigstore.models import Bundle, TrustedRoot
    from sigstore.verify import Verifier
    from sigstore.verify.policy import VerificationPolicy
    from sigstore_models.common.v1 import HashAlgorithm, TimeRange
    from sigstore_models.trustroot import v1 as trustroot

__all__ = (
    "Bundle",
    "Error",
    "HashAlgorithm",
    "Hashed",
    "Keyring",
    "KeyringPurpose",
    "TimeRange",
    "TimestampSource",
    "TimestampVerificationResult",
    "TrustedRoot",
    "VerificationError",
    "VerificationPolicy",
    "Verifier",
    "dsse",
    "trustroot",
)
