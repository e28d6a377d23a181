"""Grading: exercises and answers of one or many people in two files, and what each answer is worth."""
