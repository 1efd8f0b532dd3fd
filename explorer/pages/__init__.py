"""One folder per page; pages never import each other."""
