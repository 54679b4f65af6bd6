"""The TLS of the login host: any client certificate is taken, and only the holder of its key gets through.

OpenSSL checks the client's signature of the handshake. It is not asked whether the certificate is a good
one: that is the portal's business, on the scenario's clock, with a page for every answer (SID-TIM-007).
Sessions are never taken up again, so that every connection has a signature of its own (SID-LGN-034); only
a careless host does that, and it can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cryptography import x509
from OpenSSL import SSL, crypto

from ..registration.login_ticket import How
from .tls import ServerFiles

Judge = Callable[[bytes], bool]
"""Whether a client certificate, DER, may come in."""

_CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20"
_SESSIONS = b"softeid login host"  # without a context of theirs OpenSSL takes none up that has a certificate
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, openssl/x509_vfy.h


def server_context(
    files: ServerFiles,
    authorities: Sequence[x509.Certificate],
    strict: Judge | None = None,
    *,
    resumes: bool = False,
) -> SSL.Context:
    """What every connection begins with.

    Args:
        files: the server's own certificate and key.
        authorities: whose certificates clients should offer; browsers show a person no others.
        strict: refuse in the handshake, as many real servers do: no certificate, or one that is judged so,
            ends in an alert and no page. By default everything is taken.
        resumes: give out sessions and take them up again without a new signature: the careless host.

    Raises:
        OpenSSL.SSL.Error: the server's files do not belong together.
        OSError: they cannot be read.
    """
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(_CIPHERS)
    context.use_certificate_chain_file(files.certificate)
    context.use_privatekey_file(files.key)
    context.check_privatekey()
    context.set_options(SSL.OP_NO_COMPRESSION)
    if resumes:
        context.set_session_id(_SESSIONS)
    else:
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_options(SSL.OP_NO_TICKET)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    for authority in authorities:
        context.add_client_ca(authority)
    store = context.get_cert_store()
    assert store
    store.set_flags(_NO_CHECK_TIME)
    if strict:
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _judged_by(strict))
    else:
        context.set_verify(SSL.VERIFY_PEER, _taken)
    return context


def client_certificate(connection: SSL.Connection) -> tuple[bytes | None, How]:
    """The client's certificate, DER, and how it was come by; None where it offered none.

    OpenSSL has certificates judged in a handshake that is signed, and not where a session is taken up again.
    """
    certificate = connection.get_peer_certificate()
    if certificate is None:
        return None, How.WITHOUT
    how = How.RESUMED if connection.get_app_data() is None else How.SIGNED
    return crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate), how


def _taken(connection: SSL.Connection, *_: object) -> bool:
    """A verify callback that takes everything, and leaves a mark."""
    connection.set_app_data(True)
    return True


def _judged_by(judge: Judge) -> Callable[..., bool]:
    """A verify callback: OpenSSL calls it for each complaint and each certificate; the client's is at 0."""

    def verify(connection: SSL.Connection, certificate: crypto.X509, error: int, depth: int, ok: int) -> bool:
        if depth:
            return True
        verdict = connection.get_app_data()
        if not isinstance(verdict, bool):
            verdict = judge(crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate))
            connection.set_app_data(verdict)
        return verdict

    return verify
