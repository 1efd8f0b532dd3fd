"""The reference page: Streamlit with one word on it."""

import streamlit as st

st.write("empty")
