"""Training runs: a queue, a worker process for each run, and the small files between them and the pages."""
