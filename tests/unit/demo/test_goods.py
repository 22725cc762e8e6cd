"""Every kind of goods of the demo mall has a small picture of its own, in both forms in which pictures are shown."""

from __future__ import annotations

import io

from PIL import Image

from services.demo import city, goods
from services.platform.errors import NotFound


class Shelf:
    """An object store in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def get(self, key: str) -> tuple[bytes, str]:
        if key not in self.kept:
            raise NotFound
        return self.kept[key], goods.CONTENT_TYPE

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        assert content_type == goods.CONTENT_TYPE
        assert key not in self.kept, "put once"
        self.kept[key] = content


async def test_every_kind_of_goods_has_a_picture_of_its_own_that_is_put_once() -> None:
    shelf = Shelf()
    codes = {row["code"] for row in city.data()["mall_goods"]}
    for _ in range(2):
        assert await goods.put_pictures(shelf) == len(codes)  # type: ignore[arg-type]  # as much of a store as is used
    assert {goods.key_of(code) for code in codes} <= shelf.kept.keys()
    assert len({shelf.kept[goods.key_of(code)] for code in codes}) == len(codes)
    assert all(f"public/{goods.key_of(code).removesuffix('.webp')}.thumb.webp" in shelf.kept for code in codes)
    assert max(map(len, shelf.kept.values())) < 12_000
    with Image.open(io.BytesIO(shelf.kept[goods.key_of("G01")])) as image:
        assert (image.format, image.size) == ("WEBP", goods.SIZE)
    assert goods.key_of("nothing") == ""
