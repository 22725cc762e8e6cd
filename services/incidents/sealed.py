"""Names the columns of incidents that hold sealed values, so that a new key reaches every one."""

from typing import Final

from services.platform import sql
from services.platform.reseal import Shelf

queries = sql.load(__package__, "sealed.sql")

SHELVES: Final = (
    Shelf(name="contacts", find=queries.find_contacts, save=queries.save_contacts),
    Shelf(name="received", find=queries.find_received, save=queries.save_received),
    Shelf(name="webhooks", find=queries.find_webhooks, save=queries.save_webhooks),
    Shelf(name="campaign_persons", find=queries.find_campaign_persons, save=queries.save_campaign_persons),
)
