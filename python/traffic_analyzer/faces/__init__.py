"""What a person or a program sees. Thin: a face draws what the registry answers and knows no report by name."""
