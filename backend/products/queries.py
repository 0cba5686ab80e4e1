"""Reads of products."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from backend.kernel.bulk import Part, look
from backend.kernel.uow import UnitOfWork
from backend.products.models import Product


async def products(uow: UnitOfWork, codes: Sequence[str]) -> list[Product]:
    """The products among `codes`."""
    return list(await uow.session.scalars(select(Product).where(Product.code.in_(codes))))


#: asks for the codes of all products together with other things; `codes_in` reads the answer
CODES = Part("SELECT array_agg(code) AS product_codes FROM product")


async def known_codes(uow: UnitOfWork) -> frozenset[str]:
    """The codes of all products."""
    return codes_in(await look(uow.session, CODES))


def codes_in(row: Any) -> frozenset[str]:
    """As `known_codes`, from a row that `CODES` was asked for."""
    return frozenset(row.product_codes or ())


async def codes_by_name(uow: UnitOfWork) -> dict[str, str]:
    """Codes by every name of a product, the code itself among them; small letters."""
    return {
        name.lower(): one.code
        for one in await uow.session.scalars(select(Product))
        for name in (one.code, one.zh, one.en)
    }
