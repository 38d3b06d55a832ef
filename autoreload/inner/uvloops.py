"""uvloop binds in C, where nothing can be heard: its servers get sockets that Python has bound."""

import os
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def bind_in_python(module: "Any") -> None:
    """Let the loops of this module open their servers on sockets that Python has bound."""
    create_tcp, create_unix = module.Loop.create_server, module.Loop.create_unix_server

    async def create_server(
        self: "Any", factory: "Any", host: "Any" = None, port: "Any" = None, **options: "Any"
    ) -> "Any":
        if options.get("sock") is not None or (host is None and port is None):
            return await create_tcp(self, factory, host, port, **options)
        family = options.pop("family", socket.AF_UNSPEC)
        flags = options.pop("flags", socket.AI_PASSIVE)
        reuse_address = options.pop("reuse_address", None)
        reuse_port = options.pop("reuse_port", None)
        hosts = host if isinstance(host, list | tuple | set) else [host or None]
        infos: dict[Any, None] = {}
        for one in hosts:
            found = await self.getaddrinfo(
                one, port or 0, family=family, type=socket.SOCK_STREAM, flags=flags
            )
            infos.update(dict.fromkeys(found))
        bound: list[socket.socket] = []
        try:
            bound.extend(
                _bound(info, reuse_address=reuse_address, reuse_port=reuse_port) for info in infos
            )
            servers = [await create_tcp(self, factory, sock=one, **options) for one in bound]
        except BaseException:
            for one in bound:
                one.close()
            raise
        return servers[0] if len(servers) == 1 else _Servers(servers)

    async def create_unix_server(
        self: "Any", factory: "Any", path: "Any" = None, **options: "Any"
    ) -> "Any":
        if options.get("sock") is not None or path is None:
            return await create_unix(self, factory, path, **options)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            path = os.fspath(path)
            if path[:1] not in ("\0", b"\0") and os.path.exists(path):
                os.unlink(path)
            sock.bind(path)
            return await create_unix(self, factory, sock=sock, **options)
        except BaseException:
            sock.close()
            raise

    module.Loop.create_server = create_server
    module.Loop.create_unix_server = create_unix_server


def _bound(info: "Any", *, reuse_address: "Any", reuse_port: "Any") -> socket.socket:
    """A socket as uvloop's own `create_server` binds it. Raises OSError with its words."""
    family, kind, protocol, _, address = info
    sock = socket.socket(family, kind, protocol)
    try:
        if reuse_address is not False:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setblocking(False)
        sock.bind(address)
    except OSError as error:
        sock.close()
        words = (error.strerror or str(error)).lower()
        what = f"error while attempting to bind on address {address!r}: {words}"
        raise OSError(error.errno, what) from None
    return sock


class _Servers:
    """Several servers as one: `localhost` is an address of each family."""

    def __init__(self, servers: "list[Any]") -> None:
        self._servers = servers

    @property
    def sockets(self) -> "tuple[Any, ...]":
        return tuple(sock for server in self._servers for sock in server.sockets)

    def get_loop(self) -> "Any":
        return self._servers[0].get_loop()

    def is_serving(self) -> bool:
        return any(server.is_serving() for server in self._servers)

    def close(self) -> None:
        for server in self._servers:
            server.close()

    async def wait_closed(self) -> None:
        for server in self._servers:
            await server.wait_closed()

    async def start_serving(self) -> None:
        for server in self._servers:
            await server.start_serving()

    async def serve_forever(self) -> None:
        import asyncio

        try:
            await asyncio.gather(*(server.serve_forever() for server in self._servers))
        finally:
            self.close()

    async def __aenter__(self) -> "_Servers":
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()
        await self.wait_closed()
