"""Numbers in any order are shuffled to their buckets and sorted."""
