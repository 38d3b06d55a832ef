"""The corner shop: what it sells, and the page that says so."""
