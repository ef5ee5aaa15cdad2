"""Parts of docs/ that are made from the code: `pages` puts them in place, `protocol`, `headers` and `sheet` make them."""
