"""What a route handler may ask the web process for, by parameter name (app/http/resources.py provides it).

async def mine(self, actor: AskedBy, database: Db) -> …
"""

from litestar.di import NamedDependency
from redis.asyncio import Redis

from backend.kernel.actor import Actor
from backend.kernel.clock import Clock
from backend.kernel.crypto import Keys
from backend.kernel.settings import Settings
from backend.kernel.uow import Database

#: `actor`: the signed-in person, found by the guard; not for public routes
AskedBy = NamedDependency[Actor]
#: `database`: units of work under the web role
Db = NamedDependency[Database]
#: `server_keys`: the server's keys
ServerKeys = NamedDependency[Keys]
#: `settings`: this installation's settings
TheSettings = NamedDependency[Settings]
#: `clock`: the bank's clock
TheClock = NamedDependency[Clock]
#: `redis`: Valkey
Valkey = NamedDependency[Redis]
#: `address`: where the request came from; `request_id`: what the logs call it
Word = NamedDependency[str]
