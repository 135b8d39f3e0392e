"""Taking back personal text that was published by mistake: out of every row that holds it."""
