"""What schemas accept and specifications do not: semantic checks, a module per format."""
