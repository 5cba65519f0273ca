"""What every process of quanho agrees on: points, batches, the catalogue, line protocol. Pure: standard library and pydantic."""
