"""Keys and tokens for tests: every process's key pair, the trust file, and callers of any role."""

import json
from pathlib import Path

from joserfc.jwk import OKPKey

from services.platform.identity import Caller, Grant, TokenSigner
from services.platform.seal import KeyRing

PROCESSES = ("registry", "incidents", "video", "points", "gateway", "host", "demo", "operator")


class TestTokens:
    """Fresh keys in a folder, laid out as a machine has them."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trust_file = folder / "trust.json"
        public = []
        for name in PROCESSES:
            key = OKPKey.generate_key("Ed25519", {"kid": name}, private=True)
            self.key_file(name).write_text(json.dumps(key.as_dict(private=True)))
            public.append(key.as_dict(private=False))
        self.trust_file.write_text(json.dumps({"keys": public}))
        for name in PROCESSES:
            self.seal_file(name).write_text(KeyRing.fresh().text())

    def key_file(self, process: str) -> Path:
        """The private key of a process."""
        return self.folder / f"{process}.json"

    def seal_file(self, process: str) -> Path:
        """The sealing keys of a process."""
        return self.folder / f"{process}.seal.json"

    def signer(self, process: str = "gateway") -> TokenSigner:
        """Signs as that process; the gateway may speak for people."""
        return TokenSigner.from_file(self.key_file(process))

    @staticmethod
    def caller(role: str, area_path: str, *, department: str = "", subject: str = "") -> Caller:
        """A person with one role at one area."""
        grant = Grant(role=role, area_path=area_path, department_code=department)
        return Caller(subject=subject or f"{role}@{area_path or 'all'}", grants=(grant,))
