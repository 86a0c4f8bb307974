"""One function for each operation of Alto's API: what is sent, and what the response means. Pure."""
