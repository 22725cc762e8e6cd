"""Keeps people inside: an address to go to next is one of ours, or it is the front page."""

HOME = "/"


def safe_path(path: str) -> str:
    """A path of ours; anything that could lead elsewhere leads home."""
    odd = not path.startswith("/") or path.startswith("//") or any(sign in path for sign in "\\\r\n\t")
    return HOME if odd else path
