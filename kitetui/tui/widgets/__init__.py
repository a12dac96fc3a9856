"""The panes of the screen as Textual widgets; what they draw comes from `kitetui.tui.render`."""
