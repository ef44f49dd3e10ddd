"""A variational autoencoder of body poses in the layout of VPoser version 2, in numpy.

Pavlakos et al., "Expressive Body Capture", CVPR 2019, section 3.2, with the layers of VPoser v2
(V02_05): 21 x 3 axis-angle -> batch normalisation -> 512 -> 512 -> a Gaussian in 32 dimensions;
decoder 32 -> 512 -> 512 -> 6-D rotations (Zhou et al., CVPR 2019) of the 21 joints of
``body_pose``. A code z has the energy |z|^2 / 2; codes drawn from N(0, I) are people's poses.

    prior = load()                               # ours, of models/, or a VPoser folder of the user
    mean, std = prior.encode(body_pose)          # (B, 21, 3) -> (B, 32) each
    matrices = prior.decode(mean)                # (B, 21, 3, 3)

Batch normalisation is a linear map once trained, and VPoser's encoder has no nonlinearity between
its last layers, so an encoder is two matrices and a decoder three. ``vae_network`` is the same in
torch, for training.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from kinesics_core.assets import store
from kinesics_core.errors import ModelError
from kinesics_core.files import read_arrays
from kinesics_core.rotations import logarithm, orthonormal

FILE = "pose_prior.npz"
JOINTS = 21
LATENT = 32
EPSILON = 1e-5
"""Epsilon of torch's batch normalisation."""

Layer = tuple[np.ndarray, np.ndarray]
"""Weight (out, in) and bias (out,)."""


@dataclass(frozen=True, slots=True, eq=False)
class PosePrior:
    """The trained autoencoder; float32.

    Attributes:
        encoder: The layers up to mean and (before softplus) deviation, stacked.
        decoder: Three layers.
        slope: Of the leaky rectifier between layers for what is negative.
    """

    encoder: tuple[Layer, ...]
    decoder: tuple[Layer, ...]
    slope: float

    @property
    def latent(self) -> int:
        """The number of dimensions of z."""
        return self.decoder[0][0].shape[1]

    def encode(self, body_pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the Gaussian of codes that stands for each pose.

        Args:
            body_pose: (B, 21, 3) or (B, 63) axis-angle, radians.

        Returns:
            Mean and standard deviation of z, (B, 32) each.
        """
        x = np.asarray(body_pose, np.float32).reshape(-1, 3 * JOINTS)
        x, _ = self._through(self.encoder, x)
        return x[:, :self.latent], np.logaddexp(0.0, x[:, self.latent:])

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Return the pose of each code.

        Args:
            z: (B, 32).

        Returns:
            Rotation matrices (B, 21, 3, 3), each relative to the parent joint.
        """
        x, _ = self._through(self.decoder, np.asarray(z, np.float32))
        return orthonormal(x.reshape(-1, JOINTS, 3, 2))

    def jacobian(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the pose of each code and its derivative.

        Args:
            z: (B, 32).

        Returns:
            Rotations R (B, 21, 3, 3), as ``decode``, and J (B, 63, 32), radians, three rows a
            joint: R(z + dz) = R(z) exp(J dz) to first order.
        """
        x, slopes = self._through(self.decoder, np.asarray(z, np.float32))
        # Forward mode: as many columns as z has numbers, in long products for the whole batch.
        derivative = np.broadcast_to(self.decoder[0][0], (len(x), *self.decoder[0][0].shape))
        for (weight, _), slope in zip(self.decoder[1:], slopes, strict=True):
            derivative = np.matmul(weight, slope[:, :, None] * derivative)
        six = x.reshape(-1, JOINTS, 3, 2)
        rotations = orthonormal(six)
        turn = _turn_by_six(six, rotations)
        derivative = derivative.reshape(len(x), JOINTS, 6, self.latent)
        return rotations, np.matmul(turn, derivative).reshape(len(x), 3 * JOINTS, self.latent)

    def project(self, rotations: np.ndarray) -> np.ndarray:
        """Encode poses and decode them again.

        Args:
            rotations: (B, 21, 3, 3), each relative to the parent joint.

        Returns:
            The nearest poses the prior knows, of the same shape.
        """
        return self.decode(self.encode(logarithm(np.asarray(rotations)))[0])

    def _through(
        self, layers: tuple[Layer, ...], x: np.ndarray
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """Return the last layer's output and the rectifiers' derivatives (B, neurons)."""
        slopes = []
        for index, (weight, bias) in enumerate(layers):
            if index:
                slopes.append(np.where(x > 0, np.float32(1.0), np.float32(self.slope)))
                x = x * slopes[-1]
            x = x @ weight.T + bias
        return x, slopes


def _turn_by_six(six: np.ndarray, rotations: np.ndarray) -> np.ndarray:
    """Return the derivative (..., 3, 6) of ``orthonormal``'s rotation by the six numbers.

    It is that of w where R turns into R exp(w). In R's own axes the columns are (a, 0, 0) and
    (b, c, 0): only what moves them off these axes turns R: w_z and w_y from the first column, w_x
    from what is left of the second.
    """
    a = np.linalg.norm(six[..., 0], axis=-1)[..., None]
    b = np.sum(rotations[..., 0] * six[..., 1], axis=-1)[..., None]
    c = np.sum(rotations[..., 1] * six[..., 1], axis=-1)[..., None]
    y, z = rotations[..., 1], rotations[..., 2]
    turn = np.zeros((*six.shape[:-2], 3, 3, 2), six.dtype)
    turn[..., 1, :, 0] = -z / a
    turn[..., 2, :, 0] = y / a
    turn[..., 0, :, 1] = z / c
    turn[..., 0, :, 0] = -b / (a * c) * z
    return turn.reshape(*six.shape[:-2], 3, 6)


@cache
def load(path: Path | None = None) -> PosePrior:
    """Read a pose prior.

    Args:
        path: None for ours, of ``models/``; an .npz as ``kinesics train prior`` writes it; or the
            user's folder of VPoser, version 2 (``snapshots/*.ckpt`` beside ``V02_05.yaml``) or 1
            (``snapshots/*.pt``). A checkpoint needs torch, and nothing in it is run.

    Raises:
        ModelError: There is no such model.
    """
    file = store.shipped(FILE) if path is None else Path(path)
    return from_parameters(parameters(file), str(file))


def parameters(file: Path) -> dict[str, np.ndarray]:
    """Return the named arrays of a prior's file or folder; ModelError as ``load``."""
    if file.is_dir():
        return _checkpoint(file)
    try:
        return {name: array.astype(np.float32) for name, array in read_arrays(file).items()
                if array.dtype.kind == "f"}
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{file} is no pose prior ({error}). Give an .npz of `kinesics train prior`, or the"
            " folder of a VPoser checkpoint."
        ) from error


def from_parameters(parameters: Mapping[str, np.ndarray], name: str = "the prior") -> PosePrior:
    """Make a prior of the named arrays of a VPoser.

    Args:
        parameters: By version 2's names, or version 1's.
        name: What an error calls them.

    Raises:
        ModelError: They are not the layers of VPoser, of 21 joints.
    """
    try:
        if "bodyprior_enc_fc1.weight" in parameters:
            return _version_1(parameters)
        return _version_2(parameters)
    except (KeyError, ValueError, IndexError) as error:
        raise ModelError(
            f"{name} does not have the layers of VPoser ({error}); wanted a prior of 21 joints"
            " trained by `kinesics train prior` or human_body_prior."
        ) from error


def _version_2(parameters: Mapping[str, np.ndarray]) -> PosePrior:
    def layer(name: str) -> Layer:
        return parameters[f"{name}.weight"], parameters[f"{name}.bias"]

    def norm(name: str) -> Layer:
        return _normalisation(parameters, name)

    head = _stacked(layer("encoder_net.8.mu"), layer("encoder_net.8.logvar"))
    tail = _after(head, _after(layer("encoder_net.7"), _after(
        layer("encoder_net.6"), norm("encoder_net.4"))))
    decoder = tuple(layer(f"decoder_net.{index}") for index in (0, 3, 5))
    return _checked(
        (_after(layer("encoder_net.2"), norm("encoder_net.1")), tail), decoder, 0.01)


def _version_1(parameters: Mapping[str, np.ndarray]) -> PosePrior:
    def layer(name: str) -> Layer:
        return parameters[f"bodyprior_{name}.weight"], parameters[f"bodyprior_{name}.bias"]

    def norm(name: str) -> Layer:
        return _normalisation(parameters, f"bodyprior_{name}")

    encoder = (_after(layer("enc_fc1"), norm("enc_bn1")), _after(layer("enc_fc2"), norm("enc_bn2")),
               _stacked(layer("enc_mu"), layer("enc_logvar")))
    return _checked(encoder, (layer("dec_fc1"), layer("dec_fc2"), layer("dec_out")), 0.2)


def _normalisation(parameters: Mapping[str, np.ndarray], name: str) -> Layer:
    """Return trained batch normalisation as a layer."""
    scale = parameters[f"{name}.weight"] / np.sqrt(parameters[f"{name}.running_var"] + EPSILON)
    return np.diag(scale), parameters[f"{name}.bias"] - scale * parameters[f"{name}.running_mean"]


def _after(second: Layer, first: Layer) -> Layer:
    """Return the one layer that does what two do with nothing between them."""
    weight = second[0].astype(np.float64) @ first[0]
    bias = second[0].astype(np.float64) @ first[1] + second[1]
    return weight.astype(np.float32), bias.astype(np.float32)


def _stacked(one: Layer, other: Layer) -> Layer:
    return np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1]])


def _checked(
    encoder: tuple[Layer, ...], decoder: tuple[Layer, ...], slope: float
) -> PosePrior:
    if encoder[0][0].shape[1] != 3 * JOINTS or decoder[-1][0].shape[0] != 6 * JOINTS:
        raise ValueError(
            f"{encoder[0][0].shape[1]} inputs and {decoder[-1][0].shape[0]} outputs, not"
            f" {3 * JOINTS} and {6 * JOINTS}")
    if encoder[-1][0].shape[0] != 2 * decoder[0][0].shape[1]:
        raise ValueError(f"{encoder[-1][0].shape[0]} numbers of a code of"
                         f" {decoder[0][0].shape[1]} dimensions, not mean and deviation of each")
    if not all((np.abs(part) < 1e6).all() for layer in encoder + decoder for part in layer):
        raise ValueError("weights that are no numbers of a trained network")
    prior = PosePrior(encoder, decoder, slope)
    mean, _ = prior.encode(np.zeros((1, JOINTS, 3)))  # ValueError: layers that do not fit
    if not np.isfinite(prior.decode(mean)).all():
        raise ValueError("weights that give no pose")
    return prior


def _checkpoint(folder: Path) -> dict[str, np.ndarray]:
    """Return the newest snapshot's arrays."""
    found = sorted((*folder.glob("snapshots/*.ckpt"), *folder.glob("snapshots/*.pt")),
                   key=lambda path: path.stat().st_mtime)
    if not found:
        raise ModelError(
            f"{folder} holds no snapshots/*.ckpt or snapshots/*.pt; give the folder of VPoser as"
            " its authors publish it.")
    try:
        from kinesics_core.pose_priors.vae_checkpoint import read_tensors
    except ImportError as error:
        raise ModelError(
            f"Reading {found[-1]} needs {error.name}, which is not installed. Run:"
            " python3 bootstrap.py --with train"
        ) from error
    arrays = read_tensors(found[-1])
    return {name.removeprefix("vp_model."): value for name, value in arrays.items()}
