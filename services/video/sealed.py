"""Names the columns of video that hold sealed values, so that a new key reaches every one."""

from typing import Final

from services.platform import sql
from services.platform.reseal import Shelf

queries = sql.load(__package__, "sealed.sql")

SHELVES: Final = (
    Shelf(name="addresses", find=queries.find_addresses, save=queries.save_addresses),
    Shelf(name="controls", find=queries.find_controls, save=queries.save_controls),
)
