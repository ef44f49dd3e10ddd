"""What people's own labelled motion says of motion that we make."""
