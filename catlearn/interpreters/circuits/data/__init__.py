"""Pictures of handwritten digits to learn from, out of files that the user names; nothing is fetched."""
