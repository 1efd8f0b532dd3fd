"""The middleware between the network and Streamlit: it checks each request and adds headers to each response."""

import sys

from starlette.middleware import Middleware

from explorer.middleware.addresses import Addresses
from explorer.middleware.headers import EmbedderError, Headers, embedders
from explorer.middleware.scripts import Scripts
from explorer.middleware.uploads import Uploads
from explorer.middleware.visitors import Visitors


def stack() -> list[Middleware]:
    """The layers in the order in which a request passes them. Ends the process if a setting is invalid."""
    try:
        hosts = embedders()
    except EmbedderError as error:
        sys.exit(str(error))
    return [Middleware(Headers, embedders=hosts), *map(Middleware, (Addresses, Uploads, Scripts, Visitors))]
