"""Programs as users write them, from the README and the reference alone."""
