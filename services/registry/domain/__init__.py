"""The rules of the city's tree of areas, its posts and its task types, with nothing around them."""
