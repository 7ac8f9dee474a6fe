# SPDX-License-Identifier: Apache-2.0
"""Authorities, certificates, fronts that end TLS, and a proxy: what stands between a command and a server elsewhere."""
import datetime
import ipaddress
import socket
import ssl
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DAY = datetime.timedelta(days=1)


class Authority:
    def __init__(self, directory, name="authority"):
        self.directory, self.name = directory, x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.path = directory / f"{name}.pem"
        made = self.sign(self.name, self.key, [x509.BasicConstraints(ca=True, path_length=None)])
        self.path.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def sign(self, subject, key, extensions, until=DAY):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - 3 * DAY).not_valid_after(now + until)
        for extension in extensions:
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return builder.sign(self.key, hashes.SHA256())

    def certify(self, *hosts, until=DAY):
        """A server's TLS context."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.IPAddress(ipaddress.ip_address(h)) if h[0].isdigit() else x509.DNSName(h) for h in hosts]
        made = self.sign(x509.Name([]), key, [x509.SubjectAlternativeName(names)], until)
        path = self.directory / f"{made.serial_number}.pem"
        path.write_bytes(made.public_bytes(serialization.Encoding.PEM) +
                         key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption()))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def pump(source, target):
    try:
        while octets := source.recv(65536):
            target.sendall(octets)
    except OSError:
        pass
    finally:
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Listener:
    """Hands each connection to `meet` on a thread of its own."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection = self.socket.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.try_to_meet, args=(connection,), daemon=True).start()

    def try_to_meet(self, connection):
        try:
            self.meet(connection)
        except (OSError, ValueError):
            connection.close()

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class Front(Listener):
    """Ends TLS and passes on what is said, as a proxy in front of a server does."""

    def __init__(self, context, port):
        self.context, self.target = context, port
        super().__init__()
        self.url = f"https://127.0.0.1:{self.port}"

    def meet(self, connection):
        connection = self.context.wrap_socket(connection, server_side=True)
        behind = socket.create_connection(("127.0.0.1", self.target))
        threading.Thread(target=pump, args=(behind, connection), daemon=True).start()
        pump(connection, behind)


class Proxy(Listener):
    """CONNECT of any host leads to the hosts given, by name; `asked` remembers for whom it was asked."""

    def __init__(self, **hosts):
        self.hosts, self.asked = hosts, []
        super().__init__()
        self.url = f"http://127.0.0.1:{self.port}"

    def meet(self, connection):
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(1)
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        self.asked.append((method, target))
        behind = socket.create_connection(("127.0.0.1", self.hosts[target.split(":")[0].split(".")[0]]))
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        threading.Thread(target=pump, args=(behind, connection), daemon=True).start()
        pump(connection, behind)
