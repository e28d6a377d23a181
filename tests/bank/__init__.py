"""Claims over the named problems: right ones in two algebraic forms, wrong ones with the cause that a report must name."""
