"""The pages, by AppTest."""
