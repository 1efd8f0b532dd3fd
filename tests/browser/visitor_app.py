"""Tells each visitor's number, behind the app's own middleware."""

import streamlit as st

from explorer import middleware, visitor

if __name__ == "__main__":
    st.text(visitor.identify())
else:
    server = st.App(__file__, middleware=middleware.stack())
