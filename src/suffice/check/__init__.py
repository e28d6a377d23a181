"""Check: a derivation against the model, the mistake named."""
