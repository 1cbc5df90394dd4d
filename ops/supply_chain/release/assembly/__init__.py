"""The flat set of files of a release: names, completeness, permission, summary."""
