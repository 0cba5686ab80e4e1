"""The product catalogue, as far as a visit asks for it."""

from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.db import Base


class Product(Base):
    """A product. `asked`: offered as a need in the visit form, in the order of `position`."""

    __tablename__ = "product"
    code: Mapped[str] = mapped_column(primary_key=True)
    zh: Mapped[str]
    en: Mapped[str]
    asked: Mapped[bool]
    position: Mapped[int]
