"""Certificates for tests: authorities, and what they sign, valid or run out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM
DAY = timedelta(days=1)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass(slots=True)
class Authority:
    """Signs certificates."""

    name: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def _certificate(
        self, subject: str, key: ec.EllipticCurvePrivateKey, *, authority: bool, ends: datetime
    ) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(_name(subject))
            .issuer_name(_name(self.name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.now(UTC) - 30 * DAY)
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(subject), x509.IPAddress(ip_address("127.0.0.1"))]),
                critical=False,
            )
            .sign(self.key, hashes.SHA256())
        )

    def write(self, folder: Path, subject: str, *, ends_in: timedelta = DAY) -> dict[str, Path]:
        """The settings of a process with a fresh certificate, its files lying in the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        own = self._certificate(subject, key, authority=False, ends=datetime.now(UTC) + ends_in)
        root = self._certificate(self.name, self.key, authority=True, ends=datetime.now(UTC) + DAY)
        (folder / "ca.crt").write_bytes(root.public_bytes(PEM))
        (folder / "tls.crt").write_bytes(own.public_bytes(PEM))
        (folder / "tls.key").write_bytes(
            key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        return {
            "tls_ca_file": folder / "ca.crt",
            "tls_certificate_file": folder / "tls.crt",
            "tls_key_file": folder / "tls.key",
        }
