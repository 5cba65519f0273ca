"""How fast decoders are beside a reference parser of the field, one file a family; table.py lists them."""
