"""All tables together, for migrations and for the test that compares them with the database."""

import importlib

from sqlalchemy import MetaData

from backend.kernel.db import Base

TABLE_MODULES = (
    "backend.kernel.models",
    "backend.audit.models",
    "backend.policy.models",
    "backend.identity.models",
    "backend.files.models",
    "backend.notify.models",
    "backend.grids.models",
    "backend.products.models",
    "backend.customers.models",
    "backend.customers.pair_models",
    "backend.banking.models",
    "backend.visits.models",
    "backend.evaluation.models",
    "backend.strategy.models",
    "backend.audience.models",
    "backend.tasks.models",
    "backend.opportunities.models",
    "backend.sync.models",
)


def metadata() -> MetaData:
    """The metadata with every domain's tables loaded."""
    for name in TABLE_MODULES:
        importlib.import_module(name)
    return Base.metadata
