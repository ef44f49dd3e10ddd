"""Training of the text model: data, encoder, n-grams, combination, export. Needs torch."""
