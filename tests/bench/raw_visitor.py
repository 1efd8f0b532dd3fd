"""A visitor without a browser: it speaks Streamlit's websocket, so that thirty of them cost next to nothing."""

import time
from typing import Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect  # comes with streamlit

SECONDS = 120


class RawVisitor:
    """One session on a page of the app."""

    def __init__(self, address: str, page: str = "") -> None:
        self.page = page
        self.query = ""
        self.buttons: dict[str, str] = {}  # label: widget id
        self.warnings: list[str] = []
        self.connection = connect(
            f"{address.replace('http', 'ws', 1)}/_stcore/stream", subprotocols=["streamlit"], max_size=None, legacy=True
        )

    def __enter__(self) -> Self:
        self.rerun()
        return self

    def __exit__(self, *problem: object) -> None:
        self.connection.close()

    def send(self, press: str = "") -> None:
        """Ask for a rerun, with the button ``press`` pressed."""
        message = BackMsg()
        message.rerun_script.page_name = self.page
        message.rerun_script.query_string = self.query
        if press:
            message.rerun_script.widget_states.widgets.add(id=self.buttons[press], trigger_value=True)
        self.connection.send(message.SerializeToString())

    def receive(self) -> None:
        """Take in what a rerun draws, to its end; a rerun that the script itself asks for included."""
        while True:
            message = ForwardMsg.FromString(self.connection.recv(timeout=SECONDS))
            if message.WhichOneof("type") == "page_info_changed":
                self.query = message.page_info_changed.query_string
            element = message.delta.new_element
            if element.WhichOneof("type") == "button":
                self.buttons[element.button.label] = element.button.id
            if element.WhichOneof("type") == "alert":
                self.warnings.append(element.alert.body)
            if message.WhichOneof("type") == "script_finished" and message.script_finished == 0:
                return

    def rerun(self, press: str = "") -> float:
        """Seconds that a rerun takes, from the asking to its last word."""
        start = time.perf_counter()
        self.send(press)
        self.receive()
        return time.perf_counter() - start
