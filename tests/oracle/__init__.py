"""Numbers computed elsewhere (R, published tables, exact rationals) and the runner that puts them to the product."""
