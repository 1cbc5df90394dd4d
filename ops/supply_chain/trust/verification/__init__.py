"""Whether a set of files is the release that its maker published: every check, as pure functions.

Nothing here imports what is not in the standard library, so that the stand-alone verifier runs anywhere; and
nothing here reads a release's documents through our contract types, so that releases of an older or newer
sealwright are judged too.
"""
