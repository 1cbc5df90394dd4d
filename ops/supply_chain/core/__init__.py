"""What every other part builds on: errors and exit codes, canonical atomic JSON, digests, text safety."""
