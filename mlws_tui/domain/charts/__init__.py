"""Charts as data: where curves lie, and what a picture of them is in braille dots, in SVG and as a table."""
