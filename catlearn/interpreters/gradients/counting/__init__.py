"""Learning the tables of a model from rows with missing entries: expected counts, EM and gradients."""
