"""What video is asked for, one module for each matter; what is kept together is written together."""
