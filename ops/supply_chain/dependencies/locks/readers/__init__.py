"""One module per lock format, bytes in, `Lock` out, and the parts of a requirements file."""
