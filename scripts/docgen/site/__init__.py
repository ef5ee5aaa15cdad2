"""The documentation site: two languages, one shape; every program, output, table and diagram comes from what really ran.

words      what the site says by itself, in both languages
shape      the shape of a pattern's page, and whether a page has it
records    what a recorded run of a pattern has to tell
highlight  programs and terminals as HTML
fragments  what stands in the place of a directive
navigation the order of the pages, from the catalogue
sources    files of the project that pages link to
check      links, anchors and foreign addresses of the built site
build      the command behind scripts/site
"""
