"""The site: pages of `docs`, the course with its outputs, and the reference, as one folder.

`build` writes it; `twingrad docs` opens it.  It is read without a network and without a server.
Sphinx does the work, with the theme furo and with myst-nb for Markdown and notebooks; `staging`
gives it the pages, `configuration` its settings, `extension` what it does not do by itself.

Sphinx and not MkDocs: its search index is a script, so that search works in a folder that is just
opened; it reads docstrings and links to their source by itself.
"""

from .building import SiteError as SiteError, build as build
