"""Audience (圈选): customers chosen by any combination of what is known of them, counted, kept as groups."""
