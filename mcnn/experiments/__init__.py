"""What a configuration asks for: the graph of trainings, where their files lie, what is there."""
