"""What phones receive of products: names and which can be asked for in a visit."""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.kernel.projections import Projection
from backend.kernel.uow import UnitOfWork
from backend.products.queries import products

FIELDS = ("zh", "en", "need", "order")


async def load_products(uow: UnitOfWork, ids: Sequence[str], _projection: str) -> Mapping[str, Sequence[Any]]:
    """[zh, en, need, order] per code."""
    return {one.code: [one.zh, one.en, one.asked, one.position] for one in await products(uow, ids)}


PROJECTIONS = (Projection("product", frozenset({"bank"}), {"bank": FIELDS, "agent": FIELDS}, load_products),)
