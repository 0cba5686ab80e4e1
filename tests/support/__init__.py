"""What tests share: databases, a clock that moves, builders of people and grids, a local push service."""
