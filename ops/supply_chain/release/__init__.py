"""What a release is: its names, its completeness, how long it is kept. Pure."""
