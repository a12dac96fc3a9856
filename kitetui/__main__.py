"""`python -m kitetui`."""

from kitetui.cli import main

if __name__ == "__main__":
    main()
