"""Naming: what explains a wrong answer, each rule tried at every point."""
