"""What a release consists of: assembly, evidence, provenance, publication, retention. Pure."""
