"""Judgement of motion that we make by what people's own labelled motion says."""
