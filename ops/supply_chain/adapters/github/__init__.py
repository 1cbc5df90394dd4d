"""GitHub: releases read, downloaded and published; the job summary."""
