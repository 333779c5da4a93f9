"""What makes the built site light: each module takes one kind of weight away, on text or files.

`book.extensions.light` has them do so while Sphinx builds.
"""
