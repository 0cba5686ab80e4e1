"""Grids from files: reading, checking, reporting; writing nothing.

Only the command line imports this package: it brings the geometry libraries with it, which the web process
does not need. `prepare.prepare(path, options)` reads a file and answers with grids and a report;
`backend.grids.api.apply_import` writes them.
"""
