"""How the site is built and how its notebooks are written; nobody imports it but the build.

notebooks      execute chapters and store their outputs
notebook_lint  the form of a chapter
pages          every page of the table of contents is in the built site
extensions/    what Sphinx does for this book; `_config.yml` names them
assets/        style sheet, icon, and KaTeX's style and fonts
"""
