"""What the server computes for the pages, as plain data. Nothing here imports Streamlit."""
