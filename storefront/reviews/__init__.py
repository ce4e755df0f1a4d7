"""What verified buyers say about produce, once staff have published it."""
