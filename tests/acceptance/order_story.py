"""The story of one order, from the wish over the haircut to the rice, through the gateway alone."""

from __future__ import annotations

from uuid import uuid4

from tests.acceptance.suite import Json, Person, Suite

#: Within the grid in which the demo's volunteer lives.
AREA_POINT = {"longitudeDeg": 119.8133967, "latitudeDeg": 38.5903833}


def statement(person: Person) -> Json:
    return person.get("/v1/statements/me")


def tell_the_story_of_an_order(city: Suite) -> None:
    resident, volunteer = Person(city, "resident"), Person(city, "volunteer")
    community, coordinator = Person(city, "community"), Person(city, "coordinator")
    before = statement(volunteer)

    opened = resident.post(
        "/v1/orders",
        {"requestId": str(uuid4()), "category": "love_care", "description": "奶奶行动不便,请上门理发",
         "point": AREA_POINT, "place": "3幢201", "minutes": 60, "people": 1},
    )  # fmt: skip
    assert opened.status_code == 200, opened.text
    order = opened.json()["order"]
    assert order["number"]

    # Nobody claims what is not published; then the nearest see it first.
    path = f"/v1/orders/{order['id']}"
    assert volunteer.post(f"{path}:claim", {}).json()["reason"] == "ORDER_NOT_IN_STATE"
    published = community.post(f"{path}:publish", {})
    assert published.status_code == 200, published.text
    offered = volunteer.get("/v1/orders", view="ORDER_VIEW_OFFERED")["orders"]
    assert order["id"] in {row["id"] for row in offered}
    assert volunteer.post(f"{path}:claim", {}).status_code == 200

    # There and back; nothing is settled without a photo.
    assert volunteer.post(f"{path}:checkIn", {"point": AREA_POINT}).status_code == 200
    assert volunteer.post(f"{path}:checkOut", {"point": AREA_POINT}).status_code == 200
    refused = volunteer.post(f"{path}:settle", {"note": "理好了"})
    assert (refused.status_code, refused.json()["reason"]) == (409, "SETTLEMENT_INCOMPLETE")
    photo = {**volunteer.upload("volunteer_service_order"), "kind": "EVIDENCE_KIND_AFTER"}
    assert volunteer.post(f"{path}:settle", {"note": "理好了", "photos": [photo]}).status_code == 200
    settled = community.post(
        f"{path}/claims/volunteer:demo-1:decide", {"approved": True, "minutes": 60, "reason": "邻居作证"}
    )
    assert settled.status_code == 200, settled.text

    # The resident rates; points and minutes are there, with the order as their reason.
    assert resident.post(f"{path}:rate", {"rating": 5}).json()["order"]["state"] == "ORDER_STATE_CREDITED"
    after = statement(volunteer)
    assert int(after["points"]) - int(before["points"]) == 13
    assert int(after["minutes"]) - int(before["minutes"]) == 60
    assert after["lines"][0]["causeTitle"].startswith(order["number"])

    # Rice for the points; the code fetches it once, at the counter.
    place = volunteer.get("/v1/mall/places")["places"][0]["code"]
    wish = {"requestId": str(uuid4()), "goodsCode": "G01", "placeCode": place, "quantity": 1}
    redeemed = volunteer.post("/v1/mall/redemptions", wish)
    assert redeemed.status_code == 200, redeemed.text
    code = redeemed.json()["code"]
    assert coordinator.post("/v1/mall/redemptions:fulfil", {"code": code}).status_code == 200
    again = coordinator.post("/v1/mall/redemptions:fulfil", {"code": code})
    assert (again.status_code, again.json()["reason"]) == (404, "CODE_UNKNOWN")
    assert int(statement(volunteer)["points"]) == int(after["points"]) - 120

    # And the certificate that anybody can check.
    issued = volunteer.post("/v1/certificates", {"owner": "me"}).json()
    checked = resident.get(f"/v1/certificates/{issued['certificate']['number']}")
    assert checked["certificate"]["minutes"] == issued["certificate"]["minutes"]
