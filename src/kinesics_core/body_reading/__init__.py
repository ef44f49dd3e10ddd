"""Training and judging of the reader of bodies (``affect.body_head``) on labelled motion."""
