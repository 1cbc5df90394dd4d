"""What every other part stands on: errors and exit codes, canonical atomic JSON, digests, text safety."""
