"""The app: its pages, the browser code that they share, the server, and training runs."""
