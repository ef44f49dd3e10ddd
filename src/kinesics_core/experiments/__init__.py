"""Networks beside what they have to beat, on any dataset: comparisons, and the paper's studies."""
