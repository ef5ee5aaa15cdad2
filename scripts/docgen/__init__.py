"""What is made for docs/ from the code, and from what ran.

`pages` puts the generated parts of pages in their places; `protocol`, `headers` and `sheet` make them (scripts/docs). The site
in two languages is made by `site`, and by MkDocs with `hooks` (scripts/site); `site.recording` is behind scripts/record.
"""
