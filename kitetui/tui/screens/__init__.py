"""The screens: the monitor itself, and the dialogs above it."""
