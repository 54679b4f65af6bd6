"""An authority of ours: a root, an issuing authority, and the certificates that it signs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID

from ..clock import Clock
from ..seed import Seed
from . import crl
from . import leaf as recipe
from .chain import Chain, make_branch, make_chain
from .error import StateError
from .leaf import Leaf
from .name import OURS, authority_name, check_ours
from .private_key import SOFTWARE_KEYS, PrivateKey, draw_key
from .shape import ESTEID2018, AuthorityShape
from .signing import altered, deterministic, sign
from .status import Register, StatusRegister


class Authority:
    """Issues certificates and knows their status. Root and issuer are made from a seed, or were kept.

    Attributes:
        seed: what keys and serial numbers are drawn from; a seed that repeats makes signatures repeat too.
        clock: the authority's now.
        shape: the table of names, curve and hash.
        root: the root's certificate, self-signed.
        issuer: the issuing authority's certificate; the trust anchor of those who trust intermediates.
        between: certificates between the two, from the root down: none, but for `nested_issuer`.
        register: the status of each certificate issued.
    """

    def __init__(
        self,
        seed: Seed,
        clock: Clock,
        shape: AuthorityShape = ESTEID2018,
        *,
        chain: Chain | None = None,
        register: Register | None = None,
    ) -> None:
        """Make an authority, or take up a kept one.

        Args:
            seed: source of keys and serial numbers.
            clock: the scenario's, or the real one.
            shape: what it is to look like.
            chain: certificates and key of an authority made earlier; without it they are drawn from the seed.
            register: where statuses are kept; by default in memory, empty.

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
        for certificate in (chain.root, *chain.between, chain.issuer):
            check_ours(certificate.subject)
        self.root = chain.root
        self.between = chain.between
        self.issuer = chain.issuer
        self._key = chain.key
        self._root_key = chain.root_key
        self._software_keys: dict[tuple[str, ...], PrivateKey] = {}
        self.register: Register = StatusRegister() if register is None else register

    @property
    def url(self) -> str:
        """The OCSP address in every certificate."""
        return self.shape.ocsp

    def issue(self, leaf: Leaf, *, subject: bytes | None = None, sha1: bool = False) -> x509.Certificate:
        """Sign a certificate and register it as good, unless it is known already.

        Args:
            leaf: what is in it.
            subject: a Name in DER to stand in place of the leaf's subject; may be malformed.
            sha1: sign with SHA-1, as nobody should any more.
        """
        certificate = self._signed(leaf)
        if subject is not None or sha1:
            certificate = altered(
                self._key, certificate, self.shape.digest, self.seed, subject=subject, sha1=sha1
            )
        self.register.enter(certificate.serial_number)
        return certificate

    def responder(self, *, may_answer: bool = True) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        """Key and certificate of an OCSP responder that may speak for this authority.

        Nobody asks after the responder's own certificate (id-pkix-ocsp-nocheck), so it is not registered.

        Args:
            may_answer: False leaves out the purpose by which the authority delegates (RFC 6960, 4.2.2.2).
        """
        key = self.seed.ec_key(ec.SECP256R1(), "ocsp responder", self.shape.path)
        subject = authority_name(f"{OURS} OCSP responder {self.shape.path}")
        leaf = recipe.ocsp_responder(subject, key.public_key(), self.shape.not_before, self.shape.not_after)
        return key, self._signed(leaf if may_answer else leaf.without(x509.ExtendedKeyUsage))

    def revocation_list(self, lasting: timedelta = crl.LASTING) -> x509.CertificateRevocationList:
        """The CRL of this moment: all that is revoked or suspended now (RFC 5280, 5).

        Args:
            lasting: until when there will be a newer one.
        """
        return crl.written(self.register.snapshot(), self.clock, lasting, self.issuer).sign(
            self._key, self.shape.digest, ecdsa_deterministic=deterministic(self._key, self.seed)
        )

    # --- who else there is ------------------------------------------------------------------------

    @cached_property
    def look_alike(self) -> Authority:
        """A stranger with the same names and other keys: nobody who trusts this one trusts that one."""
        stranger = make_chain(self.seed, self.shape, "look-alike")
        return Authority(self.seed, self.clock, self.shape, chain=stranger)

    @cached_property
    def expired_issuer(self) -> Authority:
        """Another authority under the root, whose certificate ended at least a day ago."""
        yesterday = datetime.combine(self.clock.now.date() - timedelta(days=1), time(), self.clock.now.tzinfo)
        return self._branch("expired", not_after=yesterday - timedelta(seconds=1))

    @cached_property
    def revoked_issuer(self) -> Authority:
        """Another authority under the root, for the list of those that were trusted once."""
        return self._branch("revoked")

    @cached_property
    def unlisted_issuer(self) -> Authority:
        """Another authority under the root, for no list of trusted ones."""
        return self._branch("unlisted")

    @cached_property
    def nested_issuer(self) -> Authority:
        """An authority under another under the root: a chain with two intermediates."""
        return self._branch("upper", "lower")

    @cached_property
    def root_issuer(self) -> Authority:
        """The root, issuing people's certificates itself."""
        key = self._need_root_key("root")
        chain = Chain(self.root, self.root, key, key)
        return Authority(
            self.seed, self.clock, replace(self.shape, path=f"{self.shape.path}-root"), chain=chain
        )

    def software_key(self, name: str, *labels: str) -> PrivateKey:
        """A key that is on no card, one of `SOFTWARE_KEYS`; the same each time for the same labels.

        Raises:
            KeyError: there is no kind of that name.
        """
        place = (name, *labels)
        if place not in self._software_keys:
            self._software_keys[place] = draw_key(self.seed, SOFTWARE_KEYS[name], "software", *place)
        return self._software_keys[place]

    # --- inside -----------------------------------------------------------------------------------

    def _branch(self, *suffixes: str, not_after: datetime | None = None) -> Authority:
        root_key = self._need_root_key(suffixes[-1])
        names = [f"{self.shape.issuer} {suffix}" for suffix in suffixes]
        shape = replace(self.shape, issuer=names[-1], path=f"{self.shape.path}-{suffixes[-1]}")
        end = not_after or self.shape.not_after
        chain = make_branch(self.seed, self.shape, self.root, root_key, names, end)
        return Authority(self.seed, self.clock, shape, chain=chain)

    def _need_root_key(self, which: str) -> PrivateKey:
        if self._root_key is None:
            advice = "take an authority of a seed: the home authority's root has signed all it ever will"
            raise StateError(f"the {which} issuer", "an authority whose root can sign", "a kept one", advice)
        return self._root_key

    def _signed(self, leaf: Leaf) -> x509.Certificate:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        more = [x509.Extension(identifier.oid, False, identifier), *self._places(leaf)]
        return sign(self._key, self.issuer.subject, leaf, self.shape.digest, self.seed, more)

    def _places(self, leaf: Leaf) -> list[x509.Extension[x509.ExtensionType]]:
        """Where OCSP, the issuer's certificate and the CRL are."""
        if not leaf.access:
            return []
        oids = AuthorityInformationAccessOID
        places = [(oids.OCSP, self.url)] if leaf.ocsp else []
        places.append((oids.CA_ISSUERS, self.shape.certificate))
        access = x509.AuthorityInformationAccess(
            [x509.AccessDescription(oid, x509.UniformResourceIdentifier(url)) for oid, url in places]
        )
        found: list[x509.ExtensionType] = [access]
        if self.shape.lists:
            place = [x509.UniformResourceIdentifier(self.shape.crl)]
            found.append(x509.CRLDistributionPoints([x509.DistributionPoint(place, None, None, None)]))
        return [x509.Extension(value.oid, False, value) for value in found]
