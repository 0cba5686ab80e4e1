"""Reads of products."""

from collections.abc import Sequence

from sqlalchemy import select

from backend.kernel.uow import UnitOfWork
from backend.products.models import Product


async def products(uow: UnitOfWork, codes: Sequence[str]) -> list[Product]:
    """The products among `codes`."""
    return list(await uow.session.scalars(select(Product).where(Product.code.in_(codes))))


async def known_codes(uow: UnitOfWork) -> frozenset[str]:
    """The codes of all products."""
    return frozenset(await uow.session.scalars(select(Product.code)))
