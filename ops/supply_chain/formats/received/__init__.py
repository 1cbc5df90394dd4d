"""SBOMs that others wrote, in every format and serialisation: bytes in, one typed value out, defects named."""
