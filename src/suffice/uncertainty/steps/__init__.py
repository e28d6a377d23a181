"""Classes related to covariates and outcomes after they were found: in two and in three steps."""
