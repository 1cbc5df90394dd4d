"""The ephemeral Sigstore instance: everything that keyless signing asks, on loopback, for the time of a block.

OIDC issuer, certificate authority with certificate transparency, transparency log and time-stamping
authority answer the unmodified client over HTTP. Keys live in memory only; nothing is left behind. Use
`instance.RehearsalInstance`; the modules that hold keys are imported when it starts, not before.
"""
