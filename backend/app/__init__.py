"""Assembles the domains into processes: web server, worker, command line. Nothing else lives here."""
