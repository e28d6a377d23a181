"""Repair: the one edit of a person's own formula that makes it right."""
