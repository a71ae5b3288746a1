"""The world as one process: `python -m sandbox.world --port 9000`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator

from aiohttp import web

from sandbox.authenticator import Authenticator
from sandbox.config import Config, from_environment
from sandbox.content import Contents
from sandbox.control import Control
from sandbox.drawer import Drawer
from sandbox.inbound import Inbound
from sandbox.media import MediaStore
from sandbox.mtn import Mtn
from sandbox.mtn_out import MtnOut
from sandbox.openai import OpenAI
from sandbox.outgoing import Outgoing
from sandbox.paystack import Paystack
from sandbox.paystack_door import Door
from sandbox.paystack_out import PaystackOut
from sandbox.paystack_refunds import PaystackRefunds
from sandbox.phones import Phones
from sandbox.shared import Shared
from sandbox.statements import Statements
from sandbox.till import Till
from sandbox.twilio import Twilio
from sandbox.vodafone import Vodafone
from sandbox.wallets import Wallets

SWEEP_S = 0.25
REQUEST_LIMIT = 24 * 1024 * 1024  # bytes; a file of 16 MB in base64
#: What whoever builds a world may take out of it.
SHARED, WALLETS, OUTGOING = web.AppKey("shared", Shared), web.AppKey("wallets", Wallets), web.AppKey("outgoing", Outgoing)


def build(config: Config) -> web.Application:
    """Every stand-in under one roof."""
    shared = Shared(config)
    phones, contents, media, wallets = Phones(shared), Contents(shared), MediaStore(shared), Wallets(shared)
    outgoing, door = Outgoing(shared, wallets), Door(shared)
    twilio = Twilio(shared, phones, contents, media)
    inbound, drawer = Inbound(shared, phones, media, twilio), Drawer(shared)
    control, till = Control(shared, inbound, outgoing, contents, drawer), Till(shared, phones, outgoing)
    paystack = Paystack(door, outgoing), PaystackOut(door, outgoing), PaystackRefunds(door, outgoing)
    app = web.Application(client_max_size=REQUEST_LIMIT)
    app[SHARED], app[WALLETS], app[OUTGOING] = shared, wallets, outgoing
    collectors = Mtn(shared, wallets), MtnOut(shared, outgoing), Vodafone(shared, wallets), *paystack
    for part in (twilio, *collectors, OpenAI(shared), control, till, Statements(shared, wallets), Authenticator(config)):
        app.add_routes(part.routes())
    app.router.add_get("/", _to_the_page)

    async def life(_: web.Application) -> AsyncIterator[None]:
        sweeper = asyncio.create_task(_sweep(wallets, outgoing))
        yield
        sweeper.cancel()
        drawer.close()
        await shared.close()

    async def hush(_: web.Application) -> None:
        shared.closing.set()

    app.cleanup_ctx.append(life)
    app.on_shutdown.append(hush)
    return app


async def _to_the_page(request: web.Request) -> web.Response:
    raise web.HTTPFound("/play")


async def _sweep(wallets: Wallets, outgoing: Outgoing) -> None:
    while True:
        await asyncio.sleep(SWEEP_S)
        wallets.sweep()
        outgoing.sweep()


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets on the host and, for callers that spell it "localhost", on ::1 where the machine has it."""
    first = socket.create_server((host, port), backlog=1024)
    sockets = [first]
    with contextlib.suppress(OSError):
        sockets.append(socket.create_server(("::1", first.getsockname()[1]), family=socket.AF_INET6, backlog=1024))
    return sockets


async def run(host: str, port: int) -> None:
    sockets = listen(host, port)
    config = from_environment(sockets[0].getsockname()[1])
    runner = web.AppRunner(build(config), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    for one in sockets:
        await web.SockSite(runner, one).start()
    print(f"The world is at {config.origin}, the play page at {config.origin}/play", flush=True)
    stop = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    await stop.wait()
    await runner.cleanup()


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.world", description=__doc__)
    parser.add_argument("--port", type=int, default=int(os.environ.get("SANDBOX_PORT", "9000")), help="0 picks a free one")
    given = parser.parse_args(arguments)
    asyncio.run(run(os.environ.get("SANDBOX_HOST", "127.0.0.1"), given.port))


if __name__ == "__main__":
    main(sys.argv[1:])
