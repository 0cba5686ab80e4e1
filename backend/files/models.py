"""Photos as kept by the bank; the bytes lie in the files folder, named by their hash."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.db import Base


class StoredFile(Base):
    """One photo, signature or voice note: `hash` of the bytes as sent, `kept_hash` of what was made of them.

    Sizes in bytes, sides in pixels (none of a voice note), `duration_ms` of a voice note. `closed`: shown to
    nobody.
    """

    __tablename__ = "stored_file"
    hash: Mapped[str] = mapped_column(primary_key=True)
    kept_hash: Mapped[str]
    file_class: Mapped[str]
    sent_bytes: Mapped[int]
    kept_bytes: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    uploaded_by: Mapped[uuid.UUID]
    installation_id: Mapped[uuid.UUID | None]
    received_at: Mapped[datetime]
    receipt: Mapped[str]
    media_type: Mapped[str] = mapped_column(server_default="image/jpeg")
    duration_ms: Mapped[int | None]
    closed: Mapped[bool] = mapped_column(server_default="false")
