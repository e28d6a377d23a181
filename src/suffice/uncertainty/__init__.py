"""Answers with their uncertainty: standard errors, intervals, tests by simulation, pooled estimates."""
