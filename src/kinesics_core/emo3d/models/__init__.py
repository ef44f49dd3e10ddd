"""The paper's four models (section 4.1), each in one file, and the table of them."""
