"""Functions in files of other people, called in a process of their own with limits of time and memory."""
