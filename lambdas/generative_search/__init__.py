"""Search, and then a model that writes from the objects found."""
