"""Two teams compute two sums; their leaders compare them."""
