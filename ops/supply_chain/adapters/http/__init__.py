"""HTTP: one client, asynchronous and bounded; its cache of conditional answers; batches of requests."""
