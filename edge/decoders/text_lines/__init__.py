"""Lines of text → readings: csv.py by column, regex.py by pattern; line.py cuts and decodes, columns.py maps names to readings."""
