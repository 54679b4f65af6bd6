"""Key usage by the names of RFC 5280, 4.2.1.3, instead of nine booleans."""

from __future__ import annotations

from cryptography import x509

_BITS = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def key_usage(*allowed: str) -> x509.KeyUsage:
    """The extension with these bits set, as cryptography calls them.

    Raises:
        KeyError: there is no such bit.
    """
    if unknown := set(allowed) - set(_BITS):
        raise KeyError(", ".join(sorted(unknown)))
    return x509.KeyUsage(**{bit: bit in allowed for bit in _BITS})
