"""The baseline of pages: a bare Litestar application that answers ready-made bytes from memory.

`python -m tests.bench.memory PORT FOLDER` serves every file of the folder under its name, on a server set up as ours.
"""

import os
import sys
from pathlib import Path


def application() -> object:
    from litestar import Litestar, Response, get
    from litestar.params import FromPath

    pages = {file.name: file.read_bytes() for file in Path(os.environ["BENCH_PAGES"]).iterdir()}

    @get("/{name:str}")
    async def page(name: FromPath[str]) -> Response[bytes]:
        return Response(
            pages[name],
            media_type="text/html; charset=utf-8",
            headers={"content-encoding": "gzip", "cache-control": "no-store", "vary": "accept-encoding"},
        )

    return Litestar([page], openapi_config=None)


def main() -> None:
    from granian import Granian
    from granian.constants import Interfaces

    os.environ["BENCH_PAGES"] = sys.argv[2]
    Granian(
        "tests.bench.memory:application",
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.ASGI,
        factory=True,
        workers=1,
        websockets=False,
        log_access=False,
        log_enabled=False,
    ).serve()


if __name__ == "__main__":
    main()
