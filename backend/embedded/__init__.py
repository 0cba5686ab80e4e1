"""PostgreSQL 18 and Valkey from wheels, started and kept alive by our own launcher."""
