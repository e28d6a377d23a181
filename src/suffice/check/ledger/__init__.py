"""The ledger: every claim of the five documents as a row that is judged by running it."""
