"""What makes an authority: certificates from the root down to the issuing one, and keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from ..seed import Seed
from .key_usage import key_usage
from .leaf import Leaf
from .name import authority_name
from .private_key import KeyKind, PrivateKey, draw_key
from .shape import AuthorityShape
from .signing import sign


@dataclass(frozen=True)
class Chain:
    """An authority's certificates, and its key.

    Attributes:
        root: the root's certificate, self-signed.
        issuer: the issuing authority's certificate.
        key: the issuing authority's.
        root_key: the root's; None if it was not kept, then no further authority can be made under it.
        between: certificates between root and issuer, from the root down; an ordinary chain has none.
    """

    root: x509.Certificate
    issuer: x509.Certificate
    key: PrivateKey = field(repr=False)
    root_key: PrivateKey | None = field(default=None, repr=False)
    between: tuple[x509.Certificate, ...] = ()


def make_chain(seed: Seed, shape: AuthorityShape, *labels: str) -> Chain:
    """A root and an issuing authority.

    Args:
        seed: source of the keys and serial numbers.
        shape: names, kind of keys, hash and validity.
        labels: what tells this authority from others of the same seed and shape.

    Raises:
        NameRefused: the names could be taken for those of an authority that exists.
    """
    root_key = _key(seed, shape, "root", *labels)
    name = authority_name(shape.root)
    leaf = _leaf(name, root_key.public_key(), root_key.public_key(), 2, shape.not_before, shape.not_after)
    root = sign(root_key, name, leaf, shape.digest, seed)
    return _under(seed, shape, root, root_key, [shape.issuer], shape.not_after, "issuer", *labels)


def make_branch(
    seed: Seed,
    shape: AuthorityShape,
    root: x509.Certificate,
    root_key: PrivateKey,
    names: Sequence[str],
    not_after: datetime,
) -> Chain:
    """Further authorities under a root, the last of which issues.

    Args:
        seed: as for `make_chain`.
        shape: kind of keys and hash.
        root: of an authority of ours.
        root_key: signs the first of them.
        names: common names from the root down, one or two.
        not_after: the last second of the issuing one; those between last as long as the shape says.

    Raises:
        NameRefused: as for `make_chain`.
    """
    return _under(seed, shape, root, root_key, names, not_after, *names)


def _under(
    seed: Seed,
    shape: AuthorityShape,
    root: x509.Certificate,
    root_key: PrivateKey,
    names: Sequence[str],
    not_after: datetime,
    *labels: str,
) -> Chain:
    above, above_key = root, root_key
    made: list[x509.Certificate] = []
    for left, name in reversed(list(enumerate(reversed(names)))):
        key = _key(seed, shape, *labels, *(["above"] * left))
        end = shape.not_after if left else not_after
        leaf = _leaf(
            authority_name(name), key.public_key(), above_key.public_key(), left, shape.not_before, end
        )
        above, above_key = sign(above_key, above.subject, leaf, shape.digest, seed), key
        made.append(above)
    return Chain(root, made[-1], above_key, root_key, tuple(made[:-1]))


def _key(seed: Seed, shape: AuthorityShape, *labels: str) -> PrivateKey:
    return draw_key(seed, KeyKind(shape.curve, shape.rsa_bits), "authority", shape.path, *labels)


def _leaf(
    name: x509.Name,
    public: CertificatePublicKeyTypes,
    signer: CertificatePublicKeyTypes,
    path_length: int,
    not_before: datetime,
    not_after: datetime,
) -> Leaf:
    values: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=True, path_length=path_length), True),
        (key_usage("key_cert_sign", "crl_sign"), True),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), False),  # type: ignore[arg-type]
    ]
    extensions = tuple(x509.Extension(value.oid, critical, value) for value, critical in values)
    return Leaf(name, public, not_before, not_after, extensions, access=False)
