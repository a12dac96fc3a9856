"""What is drawn, as data: pure functions from the market's state to lines of styled text.

Nothing in here knows Textual, so that every line of the screen can be tested as text.
"""
