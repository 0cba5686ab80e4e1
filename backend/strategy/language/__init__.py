"""The expression language of the catalogue: typed nodes, the checker that admits them, their SQL."""
