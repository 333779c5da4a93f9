"""The search of the built site: what it knows of each section, and the index made of that.

The page works from files as from a server: the index is a script, and nothing is fetched.
"""
