"""Checks that a set of files is the release that its maker published, as pure functions.

Only the standard library is imported, so that the stand-alone verifier runs anywhere; and documents are not read
through our contract types, so that releases of other sealwright versions can be verified.
"""
