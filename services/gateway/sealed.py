"""Names the columns of the gateway that hold sealed values, so that a new key reaches every one."""

from typing import Final

from services.platform import sql
from services.platform.reseal import Shelf

queries = sql.load(__package__, "sealed.sql")

SHELVES: Final = (Shelf(name="secrets", find=queries.find_secrets, save=queries.save_secrets),)
