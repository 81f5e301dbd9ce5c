"""The site: pages of `docs`, the course with its outputs, and the reference, as one folder.

`build` writes it; `twingrad docs` opens it.  It is read without a network and without a server.
Sphinx does the work, with the theme furo and with myst-nb for Markdown and notebooks; `staging`
gives it the pages, `configuration` its settings, `extension` what it does not do by itself.

Sphinx and not MkDocs: its search index is a script, so that search works in a folder that is just
opened; it reads docstrings and links to their source by itself.

The reference is written from the rooms: `reference` has its pages, `public_names` says which names
there are, `entries` what stands there of each, `docstrings` makes our docstrings Sphinx's,
`op_examples` runs an example of each op, `op_page` shows a row of the table as text.  Links to
source (`source_links`) lead to pages that have each module whole (`source_pages`).
"""

from .building import SiteError as SiteError, build as build
from .op_page import (
    KINDS as KINDS,
    bound_of as bound_of,
    call_of as call_of,
    doc_of as doc_of,
    domain_of as domain_of,
    op_list as op_list,
    op_page as op_page,
    written_for_values as written_for_values,
)
