"""The quarterly review: what expires, grows old, or has no owner although nothing is wrong today."""
