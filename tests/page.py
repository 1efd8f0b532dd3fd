"""A page without a browser: opened at an address, what its component is given, and what a browser would report."""

import json
from dataclasses import dataclass

from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Element

from tests.runs.running import ANN

SECONDS = 120


@dataclass(frozen=True)
class TestedPage:
    """The page of the module explorer.pages.``module``, and the name of its component."""

    __test__ = False  # no case, whatever its name says

    module: str
    component: str

    def opened(self, visitor: str = ANN, **query: str) -> AppTest:
        """The page at an address. Alone, because AppTest cannot switch to a page that is a function."""

        def page(module: str) -> None:
            from importlib import import_module

            import_module(f"explorer.pages.{module}.page").show()

        app = AppTest.from_function(page, default_timeout=SECONDS, args=(self.module,))
        app.session_state["visitor_drawn"] = visitor
        app.query_params.update(query)
        return app.run()

    def mounted(self, app: AppTest) -> Element:
        """The component on the page."""
        return next(each for each in app.get("bidi_component") if each.proto.component_name == self.component)

    def data(self, app: AppTest) -> dict:
        """What the component is given."""
        return json.loads(self.mounted(app).proto.json)

    def report(self, app: AppTest, **state: object) -> None:
        """Run as when the browser reports that state of the component."""
        # AppTest has no public way to play a component's browser side.
        app._run(WidgetStates(widgets=[WidgetState(id=self.mounted(app).proto.id, json_value=json.dumps(state))]))
