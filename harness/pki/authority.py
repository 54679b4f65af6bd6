"""An authority of ours: a root, an issuing authority, and the certificates that it signs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID

from ..clock import Clock
from ..seed import Seed
from . import leaf as recipe
from .error import StateError
from .key_usage import key_usage
from .leaf import Leaf
from .name import OURS, authority_name, check_ours
from .shape import ESTEID2018, AuthorityShape
from .status import GOOD, StatusRegister

_SERIAL_OCTETS = 16  # as the real authority's; RFC 5280, 4.1.2.2 allows 20


@dataclass(frozen=True)
class Chain:
    """What makes an authority: its two certificates, and the issuing one's key."""

    root: x509.Certificate
    issuer: x509.Certificate
    key: ec.EllipticCurvePrivateKey


class Authority:
    """Issues certificates and knows their status. Root and issuer are made from a seed, or were kept.

    Attributes:
        seed: what keys and serial numbers are drawn from; a seed that repeats makes signatures repeat too.
        clock: the authority's now.
        shape: the table of names, curve and hash.
        root: the root's certificate, self-signed.
        issuer: the issuing authority's certificate; the trust anchor of those who trust intermediates.
        register: the status of each certificate issued.
    """

    def __init__(
        self, seed: Seed, clock: Clock, shape: AuthorityShape = ESTEID2018, *, chain: Chain | None = None
    ) -> None:
        """Make an authority, or take up a kept one.

        Args:
            seed: source of keys and serial numbers.
            clock: the scenario's, or the real one.
            shape: what it is to look like.
            chain: certificates and key of an authority made earlier; without it they are drawn from the seed.

        Raises:
            StateError: the clock stands outside of the authority's own validity.
            NameRefused: the names could be taken for those of an authority that exists.
        """
        if not shape.not_before <= clock.now <= shape.not_after:
            years = f"a clock between {shape.not_before:%Y} and {shape.not_after:%Y}"
            raise StateError(shape.issuer, years, clock.now.isoformat())
        self.seed = seed
        self.clock = clock
        self.shape = shape
        chain = chain or make_chain(seed, shape)
        check_ours(chain.root.subject)
        check_ours(chain.issuer.subject)
        self.root = chain.root
        self.issuer = chain.issuer
        self._key = chain.key
        self.register = StatusRegister()

    @property
    def url(self) -> str:
        """The OCSP address in every certificate."""
        return self.shape.ocsp

    def issue(self, leaf: Leaf) -> x509.Certificate:
        """Sign a certificate and register it as good, unless it is known already.

        The serial number follows from seed and content: the same certificate twice is the same octets, and no
        two different ones share a number (NSS refuses such a pair).
        """
        addresses = [self._addresses()] if leaf.access else []
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = _sign(
            self._key,
            issuer=self.issuer.subject,
            leaf=leaf,
            extensions=[*leaf.extensions, x509.Extension(identifier.oid, False, identifier), *addresses],
            shape=self.shape,
            seed=self.seed,
        )
        if certificate.serial_number not in self.register:
            self.register.set(certificate.serial_number, GOOD)
        return certificate

    def responder(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        """Key and certificate of an OCSP responder that may speak for this authority."""
        key = self.seed.ec_key(ec.SECP256R1(), "ocsp responder", self.shape.path)
        subject = authority_name(f"{OURS} OCSP responder {self.shape.path}")
        leaf = recipe.ocsp_responder(subject, key.public_key(), self.shape.not_before, self.shape.not_after)
        return key, self.issue(leaf)

    @cached_property
    def look_alike(self) -> Authority:
        """A stranger with the same names and other keys: nobody who trusts this one trusts that one."""
        stranger = make_chain(self.seed, self.shape, "look-alike")
        return Authority(self.seed, self.clock, self.shape, chain=stranger)

    def _addresses(self) -> x509.Extension[x509.ExtensionType]:
        places = (
            (AuthorityInformationAccessOID.OCSP, self.url),
            (AuthorityInformationAccessOID.CA_ISSUERS, self.shape.certificate),
        )
        access = x509.AuthorityInformationAccess(
            [x509.AccessDescription(oid, x509.UniformResourceIdentifier(url)) for oid, url in places]
        )
        return x509.Extension(access.oid, False, access)


def make_chain(seed: Seed, shape: AuthorityShape, *labels: str) -> Chain:
    """A root and an issuing authority.

    Args:
        seed: source of the keys and serial numbers.
        shape: names, curve, hash and validity.
        labels: what tells this authority from others of the same seed and shape.

    Raises:
        NameRefused: the names could be taken for those of an authority that exists.
    """
    keys = {
        who: seed.ec_key(shape.curve, "authority", shape.path, who, *labels) for who in ("root", "issuer")
    }
    names = {"root": authority_name(shape.root), "issuer": authority_name(shape.issuer)}
    certificates = {}
    for who, path_length in (("root", 1), ("issuer", 0)):
        public = keys[who].public_key()
        leaf = Leaf(names[who], public, shape.not_before, shape.not_after, (), access=False)
        extensions = _authority_extensions(public, keys["root"].public_key(), path_length)
        certificates[who] = _sign(
            keys["root"], issuer=names["root"], leaf=leaf, extensions=extensions, shape=shape, seed=seed
        )
    return Chain(certificates["root"], certificates["issuer"], keys["issuer"])


def _authority_extensions(
    public: ec.EllipticCurvePublicKey, signer: ec.EllipticCurvePublicKey, path_length: int
) -> list[x509.Extension[x509.ExtensionType]]:
    usage = key_usage("key_cert_sign", "crl_sign")
    values: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=True, path_length=path_length), True),
        (usage, True),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), False),
    ]
    return [x509.Extension(value.oid, critical, value) for value, critical in values]


def _sign(
    key: ec.EllipticCurvePrivateKey,
    *,
    issuer: x509.Name,
    leaf: Leaf,
    extensions: Iterable[x509.Extension[x509.ExtensionType]],
    shape: AuthorityShape,
    seed: Seed,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(leaf.subject)
        .public_key(leaf.public_key)
        .not_valid_before(leaf.not_before)
        .not_valid_after(leaf.not_after)
    )
    content = sha256(issuer.public_bytes() + leaf.subject.public_bytes())
    content.update(leaf.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    content.update(f"{leaf.not_before.isoformat()} {leaf.not_after.isoformat()}".encode())
    for extension in extensions:
        builder = builder.add_extension(extension.value, extension.critical)
        content.update(extension.oid.dotted_string.encode() + bytes([extension.critical]))
        content.update(extension.value.public_bytes())
    return builder.serial_number(_serial(seed, content.hexdigest())).sign(
        key, shape.digest, ecdsa_deterministic=seed.repeats or None
    )


def _serial(seed: Seed, content: str) -> int:
    """A positive number of 16 octets whose first is never 0: every certificate of one form has one length."""
    octets = bytearray(seed.stream("serial number", content)(_SERIAL_OCTETS))
    octets[0] = octets[0] & 0x7F | 0x40
    return int.from_bytes(octets, "big")
