"""The one way to be a stage: arguments, configuration, one clock reading, record, exit code, redaction.

A layer between the stages and everything that they use, because it writes records (a contract) and describes the project
(an adapter): docs/adr/0001-a-runner-layer.md.
"""
