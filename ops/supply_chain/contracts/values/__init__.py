"""Values that cross between chapters and are never files themselves."""
