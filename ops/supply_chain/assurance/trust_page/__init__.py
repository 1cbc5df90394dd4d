"""The trust page: what the newest release of each component shows today, for readers outside the project."""
