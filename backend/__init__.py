"""Tiange 田格: the server side. One folder per domain; the README says which may import which."""
