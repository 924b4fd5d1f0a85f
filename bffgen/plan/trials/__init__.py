"""The emitted tests: sample data, what it comes to, and what a test expects of it."""
