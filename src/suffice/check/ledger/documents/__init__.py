"""The rows, a file or two a document."""
