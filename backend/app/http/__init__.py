"""The web application's frame: who asks, how errors are answered, headers, limits, static files, health."""
