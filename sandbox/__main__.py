"""`python -m sandbox --port N`"""

import argparse
import socket
import sys

import uvicorn

from .app import make_app
from .faults import FaultLayer
from .service import Service, make_settings
from .store import Store


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="sandbox", description="Plays the documented interface to Nox Finans."
    )
    parser.add_argument("--port", type=int, required=True, help="0 picks a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--data", help="file that keeps the ledger over a restart")
    parser.add_argument("--begin-with", help="such a file to begin with, which is left as it is")
    parser.add_argument(
        "--confirm-delay",
        type=float,
        default=20.0,
        help="seconds until a hand-over is confirmed (default 20)",
    )
    parser.add_argument("--no-rate-limit", action="store_true")
    parser.add_argument("--second-hand-over", choices=("refuse", "accept"), default="refuse")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    service = Service(Store(arguments.data, arguments.begin_with), make_settings(arguments))
    app = FaultLayer(make_app(service), service)
    # Named as TCP, so that asyncio lets each answer go at once.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((arguments.host, arguments.port))
    except OSError as error:
        sys.exit(f"sandbox: port {arguments.port} cannot be used ({error.strerror}); name another.")
    address = f"http://{arguments.host}:{listener.getsockname()[1]}"
    # Already bound: who connects from now on waits until the server takes the call.
    listener.listen()
    print(f"Nox Finans sandbox at {address}", flush=True)
    # One thread and h11: requests are taken one after the other, and a cut is a real one.
    # Answers carry the date of the sandbox's clock.
    config = uvicorn.Config(
        app, http="h11", ws="none", log_level="warning", lifespan="off", date_header=False
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
