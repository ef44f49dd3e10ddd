"""The paper's generator of poses: any body's pose varied in code, and sequences through emotions.

``vary_pose`` gives variants of a pose, ``generate`` a sequence neutral - emotion - neutral.
"""

from kinesics_core.expression.bodies.latent import vary_pose
from kinesics_core.expression.bodies.sequence import GeneratorConfig, generate

__all__ = ["GeneratorConfig", "generate", "vary_pose"]
