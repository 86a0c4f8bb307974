"""How well documents are read, and whether questions find their page."""
