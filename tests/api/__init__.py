"""The public API as it was promised: a text for each package, and a program that uses all of it."""
