"""What every page of the pipeline is made with: its style, its words, figures set into it."""
