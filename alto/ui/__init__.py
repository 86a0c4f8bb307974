"""`alto ui`: the console, a page that this machine serves to its own browser, and the requests that it may send."""
