"""One module per room: each has ``ADAPTERS``, from a kind of case to the function that puts it to the product.

An adapter renames fields and nothing more; it raises ``Unsupported`` or ``NoData`` where the product has no answer.
"""
