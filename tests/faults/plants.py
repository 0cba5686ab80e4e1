"""Bugs planted into the bank from outside, by triggers and rows. Those of phones are in phone/plants.ts."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from tests.faults.land import Land
from tests.faults.sql import connect

#: every planted bug: what it is, and the kinds of fault by one of which the judge must catch it
PLANTED: dict[str, tuple[str, frozenset[str]]] = {
    "command-dropped": ("a save that writes nothing", frozenset({"lost"})),
    "command-doubled": ("a save that writes twice, under two ids", frozenset({"doubled"})),
    "commands-reordered": ("an edit that lets the next one pass", frozenset({"order"})),
    "applied-without-receipt": ("the record of an applied command is gone", frozenset({"receipt"})),
    "receipt-without-effect": ("a visit is recorded and not written", frozenset({"receipt"})),
    "wrong-scope": ("the agent is given a grid that is not theirs", frozenset({"out_of_scope"})),
    "stale-chunk": ("a revision moves on without its rows", frozenset({"diverged"})),
    "lost-tombstone": ("a row that is gone is not told", frozenset({"diverged"})),
    "repeated-job": ("a job runs again and takes its step again", frozenset({"doubled"})),
    "field-unsealed": ("what was typed lies in the clear on the phone", frozenset({"unsealed"})),
}

_TRIGGERS = {
    "applied-without-receipt": """
        CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
          DELETE FROM sync_command WHERE id = NEW.id AND NEW.type = 'visit.log'
             AND get_byte(uuid_send(NEW.id), 15) % 3 = 0;
          RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER planted AFTER INSERT ON sync_command DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION planted();
    """,
    "receipt-without-effect": """
        CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
          IF get_byte(uuid_send(NEW.id), 15) % 2 = 0
             AND NOT EXISTS (SELECT 1 FROM task WHERE evidence_id = NEW.id) THEN
            DELETE FROM visit_photo WHERE visit_id = NEW.id;
            DELETE FROM visit WHERE id = NEW.id;
          END IF;
          RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER planted AFTER INSERT ON visit DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION planted();
    """,
    "repeated-job": """
        CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
          IF pg_trigger_depth() = 1 THEN
            NEW.id := gen_random_uuid(); INSERT INTO task_move SELECT NEW.*;
          END IF; RETURN NULL; END $$;
        CREATE TRIGGER planted AFTER INSERT ON task_move FOR EACH ROW EXECUTE FUNCTION planted();
    """,
}
_TABLES = {
    "applied-without-receipt": "sync_command",
    "receipt-without-effect": "visit",
    "repeated-job": "task_move",
}


@dataclass(frozen=True)
class ServerPlant:
    """A bug of the bank's for the length of a run; nothing for the bugs of phones."""

    name: str
    land: Land

    @classmethod
    def of(cls, name: str, land: Land) -> "ServerPlant":
        """The plant of a name. Raises KeyError for a name that is none."""
        if name and name not in PLANTED:
            raise KeyError(name)
        return cls(name, land)

    @contextlib.asynccontextmanager
    async def in_force(self, url: str) -> AsyncIterator[None]:
        """The bug is in the bank; at the end it is taken out again."""
        if self.name not in _TRIGGERS and self.name != "wrong-scope":
            yield
            return
        connection = await connect(url)
        try:
            if self.name == "wrong-scope":
                await connection.execute(
                    "INSERT INTO grid_assignment (id, grid_id, staff_id, duty, from_on) "
                    "VALUES (gen_random_uuid(), $1, $2, 'agent', current_date - 1)",
                    self.land.grids["B"],
                    self.land.staff["agent"],
                )
            else:
                await connection.execute(_TRIGGERS[self.name])
        finally:
            await connection.close()
        try:
            yield
        finally:
            if self.name in _TRIGGERS:
                connection = await connect(url)
                try:
                    table = _TABLES[self.name]
                    await connection.execute(f"DROP TRIGGER planted ON {table}; DROP FUNCTION planted()")
                finally:
                    await connection.close()
