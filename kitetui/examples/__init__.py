"""Short programs to run and to copy: `python -m kitetui.examples.NAME`, with `--live` on Kite."""
