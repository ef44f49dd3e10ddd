"""Meshes drawn by OpenGL without a window (EGL), on a graphics card or by Mesa on the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np

from kinesics_core.render.geometry import VertexArrays
from kinesics_core.render.lights import FURROW, STUDIO, Lights, glsl

VERTEX = """
#version 330
uniform vec4 lens;     // 2 focal / width, 2 focal / height, centre in clip coordinates
uniform vec2 range;    // nearest and farthest depth, metres
in vec3 position;
in vec3 normal;
in vec4 paint;
in float crease;
out vec3 place, facing;
out vec4 tone;
out float fold;
void main() {
    place = position;
    facing = normal;
    tone = paint;
    fold = crease;
    float z = position.z, n = range.x, f = range.y;
    // The first row of the buffer is the top of the picture: nothing has to be turned over.
    gl_Position = vec4(lens.xy * position.xy + lens.zw * z,
                       ((f + n) * z - 2.0 * f * n) / (f - n), z);
}
"""

FRAGMENT = """
#version 330
uniform bool textured;
uniform bool creased;
uniform sampler2D pattern, relief;
in vec3 place, facing;
in vec4 tone;
in float fold;
out vec4 color;
{lit}
void main() {
    vec4 albedo = textured ? texture(pattern, tone.xy) : tone;
    if (creased && fold > 0.0) {
        float height = (texture(relief, tone.xy).r * 255.0 - 128.0) / 127.0;
        albedo.rgb *= vec3(1.0) + fold * height * {furrow};
    }
    color = vec4(lit(albedo.rgb, albedo.a, normalize(facing), -normalize(place)), 1.0);
}
"""


class GlRasterizer:
    """A context of its own and the buffers for one size of picture.

    Args:
        width: Of the picture, px.
        height: Of the picture, px.
        samples: Of each pixel.
        lights: The setup they are lit by.

    Raises:
        Exception: Whatever moderngl or the driver raises where there is no EGL.
    """

    def __init__(
        self, width: int, height: int, samples: int = 4, lights: Lights = STUDIO
    ) -> None:
        import moderngl

        self._gl = moderngl
        self._width, self._height = width, height
        self._lights = lights
        self._context = moderngl.create_context(
            require=330, standalone=True, backend="egl")  # type: ignore[arg-type]
        with self._context:
            self._build(width, height, min(samples, self._context.max_samples))

    def _build(self, width: int, height: int, samples: int) -> None:
        context = self._context
        size = width, height
        self._program = context.program(
            vertex_shader=VERTEX,
            fragment_shader=FRAGMENT.replace("{lit}", glsl(self._lights)).replace(
                "{furrow}", f"vec3({', '.join(map(str, FURROW))})"))
        self._sampled = context.framebuffer(
            [context.renderbuffer(size, 4, samples=samples)],
            context.depth_renderbuffer(size, samples=samples),
        ) if samples > 1 else None
        self._resolved = context.framebuffer(
            [context.renderbuffer(size, 4)], context.depth_texture(size))
        self._buffers: dict[str, Any] = {}
        # What a buffer holds, to upload faces, colours and textures once, not for every frame.
        self._held: dict[str, np.ndarray] = {}
        self._texture: Any = None
        self._relief: Any = None
        self._no_creases = np.zeros(0, np.float32)
        self._mesh: Any = None
        self._range = (0.0, 1.0)

    def draw(self, arrays: VertexArrays, focal: float, centre: np.ndarray) -> np.ndarray:
        """Draw meshes through a pinhole camera.

        Args:
            arrays: All meshes. Faces, paint and texture are known again by identity.
            focal: Focal length, px.
            centre: (2,) principal point, px.

        Returns:
            (height, width, 4) uint8: lit colour times coverage, and coverage.
        """
        gl, context = self._gl, self._context
        positions, paint, texture = arrays.positions, arrays.paint, arrays.texture
        z = positions[:, 2]
        near = max(float(z.min(initial=1.0)) * 0.95, 0.05)
        self._range = near, max(float(z.max(initial=1.0)) * 1.05, 2 * near)
        with context:
            self._upload("position", positions)
            self._upload("normal", arrays.normals)
            self._upload("paint", paint, held=True)
            self._upload("crease", self._flat(len(positions)) if arrays.creases is None
                         else arrays.creases, held=arrays.creases is None)
            self._upload("faces", arrays.faces, held=True)
            if self._mesh is None:
                self._mesh = context.vertex_array(self._program, [
                    (self._buffers["position"], "3f4", "position"),
                    (self._buffers["normal"], "3f4", "normal"),
                    (self._buffers["paint"], "4f1" if paint.dtype == np.uint8 else "4f4",
                     "paint"),
                    (self._buffers["crease"], "1f4", "crease"),
                ], self._buffers["faces"])
            if texture is not None:
                self._use_texture(texture)
            if arrays.crease_map is not None:
                self._use_relief(arrays.crease_map)
            program, (width, height) = self._program, (self._width, self._height)
            program["textured"] = texture is not None
            program["creased"] = arrays.crease_map is not None
            program["pattern"], program["relief"] = 0, 1
            program["lens"] = (2 * focal / width, 2 * focal / height,
                               2 * centre[0] / width - 1, 2 * centre[1] / height - 1)
            program["range"] = self._range
            target = self._sampled or self._resolved
            target.use()
            target.clear(0.0, 0.0, 0.0, 0.0)
            context.enable_only(gl.DEPTH_TEST | gl.CULL_FACE)
            # Rows grow downwards, which turns the sense of the corners around.
            context.front_face = "cw"
            self._mesh.render(gl.TRIANGLES, vertices=arrays.faces.size)
            if self._sampled is not None:
                context.copy_framebuffer(self._resolved, self._sampled)
            data = self._resolved.read(components=4)
        return np.frombuffer(data, np.uint8).reshape(height, width, 4)

    def depth(self) -> np.ndarray:
        """Return (height, width) float32 metres along the optical axis; inf where nothing is."""
        with self._context:
            data = self._resolved.read(components=1, attachment=-1, dtype="f4")
        raw = np.frombuffer(data, np.float32).reshape(self._height, self._width)
        near, far = self._range
        metres = 2 * near * far / (far + near - (2 * raw - 1) * (far - near))
        return np.where(raw < 1.0, metres, np.inf).astype(np.float32)

    def release(self) -> None:
        """Free the context and all that is in it."""
        with self._context:
            textures = self._texture, self._relief
            for part in (self._mesh, *textures, *self._buffers.values(), self._program):
                if part is not None:
                    part.release()
            for frame in filter(None, (self._sampled, self._resolved)):
                for attachment in (*frame.color_attachments, frame.depth_attachment, frame):
                    attachment.release()
        self._buffers.clear()
        self._held.clear()
        self._context.release()

    def _upload(self, name: str, values: np.ndarray, *, held: bool = False) -> None:
        if held and self._held.get(name) is values:
            return
        changed = name in self._held and self._held[name].dtype != values.dtype
        if held:
            self._held[name] = values
        buffer = self._buffers.get(name)
        if buffer is not None and buffer.size == values.nbytes and not changed:
            buffer.write(values)
            return
        if buffer is not None:
            buffer.release()
        if self._mesh is not None:
            self._mesh.release()
            self._mesh = None
        self._buffers[name] = self._context.buffer(values)

    def _use_texture(self, texture: np.ndarray) -> None:
        if self._held.get("texture") is not texture:
            self._held["texture"] = texture
            if self._texture is not None:
                self._texture.release()
            height, width = texture.shape[:2]
            self._texture = self._context.texture((width, height), 4, texture)
            # Coarser levels would mix in what lies elsewhere in the picture.
            self._texture.build_mipmaps(max_level=2)
            self._texture.filter = (self._gl.LINEAR_MIPMAP_NEAREST, self._gl.LINEAR)
            self._texture.repeat_x = self._texture.repeat_y = False
        self._texture.use(0)

    def _use_relief(self, picture: np.ndarray) -> None:
        if self._held.get("relief") is not picture:
            self._held["relief"] = picture
            if self._relief is not None:
                self._relief.release()
            height, width = picture.shape
            self._relief = self._context.texture((width, height), 1, picture)
            self._relief.filter = (self._gl.LINEAR, self._gl.LINEAR)
            self._relief.repeat_x = self._relief.repeat_y = False
        self._relief.use(1)

    def _flat(self, count: int) -> np.ndarray:
        """Return ``count`` zeros, the same array as long as the count is the same."""
        if len(self._no_creases) != count:
            self._no_creases = np.zeros(count, np.float32)
        return self._no_creases
