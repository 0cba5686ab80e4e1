"""Brings the shipped products into a database, once each."""

from sqlalchemy.dialects.postgresql import insert

from backend.kernel.uow import UnitOfWork
from backend.products.catalogue import SHIPPED
from backend.products.models import Product


async def ensure_shipped(uow: UnitOfWork) -> int:
    """Adds the shipped products that are missing. Returns how many were added."""
    added = await uow.session.scalars(
        insert(Product)
        .values(
            [
                {"code": one.code, "zh": one.zh, "en": one.en, "asked": one.asked, "position": position}
                for position, one in enumerate(SHIPPED)
            ]
        )
        .on_conflict_do_nothing()
        .returning(Product.code)
    )
    codes = list(added)
    for code in codes:
        uow.touch("bank", "product", code)
    return len(codes)
