"""Who publishes what a project depends on, held against what was recorded: pure, and decides."""
