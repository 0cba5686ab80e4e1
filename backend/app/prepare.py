"""What every installation needs before anything runs: keys and the newest schema."""

from backend.app import migrate
from backend.kernel.crypto import Keys
from backend.kernel.settings import Settings


def prepare(settings: Settings) -> None:
    """Make the keys of a new installation and bring the database to the newest schema. Safe to repeat.

    Raises KeysMissing if some keys are there and others are not. Not to be called from a running event loop.
    """
    settings.require("database_url")
    Keys.load_or_create(settings.keys_dir)
    settings.files_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    migrate.upgrade(settings.database_url)
