"""The answer to "am I affected?": the question, the places where it was searched, the answer on screen and for others."""
