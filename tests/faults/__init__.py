"""The fault harness: see README.md."""
