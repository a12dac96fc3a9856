"""The views: what every one has is in `view`; each of the others is a file of its own."""
