"""What the server answers in plain data. Nothing in here imports Streamlit."""
