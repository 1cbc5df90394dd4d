"""What a change does to the packages of a project beyond their versions: sources, names, recorded publishers, locks."""
