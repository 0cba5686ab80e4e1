"""A newer catalogue that came with the program, for a bank that published its own: offered as a draft."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from backend.kernel.models import ServerFact
from backend.kernel.uow import UnitOfWork
from backend.strategy import drafting, drafts, versions
from backend.strategy.engine import shipped
from backend.strategy.models import CatalogueVersion

_OFFERED = "strategy.shipped_offered"


async def offer_shipped(uow: UnitOfWork) -> UUID | None:
    """Makes a draft of what the shipped catalogue says otherwise than the one that shipped before; its id.

    None where the bank has none of its own, where nothing changed, or where it was offered before. Files that
    the bank changed too stay as they are, and are named in the draft's note. Needs the role `system`. Raises
    Tampered.
    """
    ours = shipped()
    newest = await versions.newest(uow)
    row = await uow.session.get(CatalogueVersion, newest) if newest is not None else None
    if row is None or row.publisher_id is None or await _offered(uow) == ours.digest:
        return None
    last = await uow.session.scalar(
        select(CatalogueVersion.version)
        .where(CatalogueVersion.publisher_id.is_(None))
        .order_by(CatalogueVersion.version.desc())
        .limit(1)
    )
    base = (await versions.edition(uow, row.version)).files
    before = base if last is None else (await versions.edition(uow, last)).files
    await _note_offered(uow, ours.digest)
    changes, met = drafting.taken_along(before, base, drafting.overlay_between(before, ours.files))
    overlay = {path: text for path, text in changes.items() if path not in met}
    if not overlay and not met:
        return None
    note = f"这些文件本行也改过，没有动：{'，'.join(met)}" if met else ""
    wanted = drafting.laid_over(base, overlay)
    draft = await drafts.make(uow, "程序更新带来的改动", wanted, origin="shipped", note=note)
    return draft.id


async def _offered(uow: UnitOfWork) -> str | None:
    return await uow.session.scalar(select(ServerFact.value).where(ServerFact.name == _OFFERED))


async def _note_offered(uow: UnitOfWork, digest: str) -> None:
    await uow.session.execute(
        insert(ServerFact)
        .values(name=_OFFERED, value=digest)
        .on_conflict_do_update(index_elements=[ServerFact.name], set_={"value": digest})
    )
