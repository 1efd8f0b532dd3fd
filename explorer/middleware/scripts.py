"""Scripts that are stored gzipped, served as scripts: a browser inflates them, and keeps what it has compiled."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SUFFIX = ".js.gz"


class Scripts:
    """Says of each file named ``*.js.gz`` that it is JavaScript whose transfer is compressed.

    Streamlit would call it an archive. A page could inflate that itself and run the result from a Blob, but browsers
    compile a Blob anew at each visit: plotly.js then takes 0.5 s of a page's main thread instead of 0.1 s.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and set the headers of a script."""

        async def send_as_script(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (200, 206, 304):
                headers = MutableHeaders(scope=message)
                headers.update({"Content-Type": "text/javascript; charset=utf-8", "Content-Encoding": "gzip"})
            await send(message)

        is_script = scope["type"] == "http" and scope["path"].endswith(_SUFFIX)
        await self.app(scope, receive, send_as_script if is_script else send)
