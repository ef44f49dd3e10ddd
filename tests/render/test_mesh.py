"""Meshes are drawn where the pinhole camera says, by OpenGL and in software alike."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from kinesics_core.body.surface import vertex_normals
from kinesics_core.errors import KinesicsError
from kinesics_core.render import mesh
from kinesics_core.render.geometry import Mesh, Texture
from kinesics_core.render.mesh import MeshRenderer

WIDTH, HEIGHT, FOCAL, CENTRE = 320, 240, 400.0, (150.0, 118.0)
PLACE, RADIUS = np.array([0.15, -0.10, 3.0]), 0.4


def sphere(rows=60, columns=90, radius=RADIUS, place=PLACE):
    """Vertices and faces of a ball, outside counter-clockwise."""
    polar, around = np.linspace(0, np.pi, rows), np.linspace(0, 2 * np.pi, columns, endpoint=False)
    ring = np.stack([np.cos(around), np.zeros(columns), np.sin(around)], -1)
    vertices = np.sin(polar)[:, None, None] * ring
    vertices[..., 1] = np.cos(polar)[:, None]
    a = np.arange(rows - 1)[:, None] * columns + np.arange(columns)
    b = np.arange(rows - 1)[:, None] * columns + (np.arange(columns) + 1) % columns
    faces = np.concatenate([np.stack([a, b, a + columns], -1).reshape(-1, 3),
                            np.stack([b, b + columns, a + columns], -1).reshape(-1, 3)])
    return (vertices.reshape(-1, 3) * radius + place).astype(np.float32), faces


def silhouette():
    """Pixels whose middle's ray hits the ball, worked out with vectors."""
    x = (np.arange(WIDTH) + 0.5 - CENTRE[0]) / FOCAL
    y = (np.arange(HEIGHT) + 0.5 - CENTRE[1])[:, None] / FOCAL
    ray = np.stack(np.broadcast_arrays(x, y, np.ones((HEIGHT, WIDTH))), -1)
    ray /= np.linalg.norm(ray, axis=-1, keepdims=True)
    along = ray @ PLACE
    inside = RADIUS**2 - (PLACE @ PLACE - along**2)
    distance = along - np.sqrt(np.maximum(inside, 0))
    return inside > 0, np.where(inside > 0, distance * ray[..., 2], np.inf)


@pytest.fixture(scope="module", params=["egl", "software"])
def renderer(request):
    try:
        made = MeshRenderer(WIDTH, HEIGHT, backend=request.param)
    except KinesicsError as error:
        pytest.skip(str(error))
    with made:
        yield made


def test_a_ball_covers_the_pixels_its_rays_hit_at_the_depth_they_hit_it(renderer):
    vertices, faces = sphere()
    picture = renderer.render(Mesh(vertices, faces, (255, 255, 255)), FOCAL, CENTRE)
    depth = renderer.depth()
    mask, true_depth = silhouette()
    drawn = np.isfinite(depth)
    # A ball of flat triangles is a little smaller, and a pixel of its edge may be half covered.
    assert (drawn != mask).sum() < 0.01 * mask.sum()
    both = drawn & mask
    front = both & (true_depth < PLACE[2] - 0.8 * RADIUS)
    # The depth is that of a sample a quarter of a pixel beside the middle.
    np.testing.assert_allclose(depth[front], true_depth[front], atol=0.004)
    assert ((picture.max(-1) > 20) == drawn).mean() > 0.99
    rows, columns = np.nonzero(drawn)
    # The middle of the picture of a ball off the axis lies a little outside of its centre's.
    np.testing.assert_allclose([columns.mean() + 0.5, rows.mean() + 0.5],
                               FOCAL * PLACE[:2] / PLACE[2] + CENTRE, atol=0.6)


def test_lit_from_the_upper_left(renderer):
    vertices, faces = sphere()
    picture = renderer.render(Mesh(vertices, faces, (180, 180, 180)), FOCAL, CENTRE)
    x, y = (FOCAL * PLACE[:2] / PLACE[2] + CENTRE).astype(int)
    far = int(0.6 * FOCAL * RADIUS / PLACE[2])
    upper_left, lower_right = picture[y - far, x - far].mean(), picture[y + far, x + far].mean()
    assert upper_left > 1.5 * lower_right > 60


def test_both_ways_give_the_same_picture():
    vertices, faces = sphere()
    stripes = np.full((len(vertices), 4), 30, np.uint8)
    stripes[:, :3] = np.where(np.arange(len(vertices))[:, None] % 9 < 3, (40, 60, 200),
                              (220, 170, 140))
    uv = np.column_stack([vertices[:, 0] - PLACE[0] + 0.5, vertices[:, 1] - PLACE[1] + 0.5])
    board = np.kron(np.indices((8, 8)).sum(0) % 2, np.ones((32, 32)))[..., None]
    texture = (board * (200, 120, 60, 0) + (30, 60, 120, 20)).astype(np.uint8)
    frame = np.full((HEIGHT, WIDTH, 3), (30, 90, 60), np.uint8)
    for ball, opacity in ((Mesh(vertices, faces, stripes), 1.0),
                          (Mesh(vertices, faces, texture=Texture(texture, uv)), 1.0),
                          (Mesh(vertices, faces), 0.4)):
        pictures = []
        for backend in ("egl", "software"):
            try:
                with MeshRenderer(WIDTH, HEIGHT, backend=backend) as renderer:
                    pictures.append(renderer.render(
                        ball, FOCAL, CENTRE, background=frame, opacity=opacity).astype(int))
            except KinesicsError as error:
                pytest.skip(str(error))
        gap = np.abs(pictures[0] - pictures[1]).max(-1)
        assert gap.mean() < 1.0
        assert np.percentile(gap, 99) < 24
        assert (pictures[0] != frame).any()


def test_blends_by_opacity_and_leaves_the_rest_of_the_frame(renderer):
    vertices, faces = sphere()
    frame = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    before = frame.copy()
    solid = renderer.render(Mesh(vertices, faces), FOCAL, CENTRE)
    mask = np.isfinite(renderer.depth())
    half = renderer.render(Mesh(vertices, faces), FOCAL, CENTRE, background=frame, opacity=0.5)
    np.testing.assert_array_equal(frame, before)
    inside = _eroded(mask)
    np.testing.assert_allclose(half[inside].astype(float),
                               (solid[inside].astype(float) + frame[inside]) / 2, atol=2)
    outside = _eroded(~mask)
    np.testing.assert_array_equal(half[outside], frame[outside])


def test_edges_are_smooth(renderer):
    vertices, faces = sphere()
    white = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    picture = renderer.render(Mesh(vertices, faces, (0, 0, 0)), FOCAL, CENTRE, background=white)
    edge = ~_eroded(np.isfinite(renderer.depth())) & ~_eroded(~np.isfinite(renderer.depth()))
    levels = np.unique(picture[edge].mean(-1).round())
    assert len(levels) > 8
    assert ((picture[edge] > 90).all(-1) & (picture[edge] < 230).all(-1)).mean() > 0.15


def test_the_nearer_of_several_people_hides_the_other(renderer):
    near, faces = sphere(30, 40, 0.2, np.array([0.0, 0.0, 2.0]))
    far, _ = sphere(30, 40, 0.4, np.array([0.1, 0.0, 3.0]))
    for order in ((near, far), (far, near)):
        meshes = [Mesh(ball, faces, (255, 0, 0) if ball is near else (0, 0, 255))
                  for ball in order]
        picture = renderer.render(meshes, FOCAL, CENTRE)
        x, y = int(CENTRE[0]), int(CENTRE[1])
        assert picture[y, x, 0] > 2 * picture[y, x, 2]
        assert picture[y, x + 55, 2] > 2 * picture[y, x + 55, 0]
        assert renderer.depth()[y, x] == pytest.approx(1.8, abs=0.01)


def test_nothing_to_see_is_the_background(renderer):
    vertices, faces = sphere()
    frame = np.full((HEIGHT, WIDTH, 3), 77, np.uint8)
    behind = vertices * (1, 1, -1)
    unknown = np.full_like(vertices, np.nan)
    aside = vertices + np.float32([50, 0, 0])
    for mesh_ in (behind, unknown, aside):
        picture = renderer.render(Mesh(mesh_, faces), FOCAL, CENTRE, background=frame)
        np.testing.assert_array_equal(picture, frame)


def test_an_unknown_vertex_takes_its_triangles_only(renderer):
    vertices, faces = sphere()
    whole = renderer.render(Mesh(vertices, faces), FOCAL, CENTRE)
    vertices = vertices.copy()
    vertices[np.argmin(vertices[:, 2])] = np.nan
    change = (renderer.render(Mesh(vertices, faces), FOCAL, CENTRE) != whole).any(-1)
    assert 0 < change.sum() < 0.1 * (whole > 0).any(-1).sum()


def test_faces_and_colours_can_change_between_pictures(renderer):
    vertices, faces = sphere()
    red = renderer.render(Mesh(vertices, faces, (200, 0, 0)), FOCAL, CENTRE)
    small, few = sphere(8, 10)
    blue = renderer.render(Mesh(small, few, (0, 0, 200)), FOCAL, CENTRE)
    again = renderer.render(Mesh(vertices, faces, (200, 0, 0)), FOCAL, CENTRE)
    np.testing.assert_array_equal(red, again)
    assert blue[..., 2].max() > 180
    assert blue[..., 2].sum() > 3 * blue[..., 0].sum()


def test_normals_of_a_ball_point_from_its_middle():
    vertices, faces = sphere()
    outwards = (vertices - PLACE) / RADIUS
    between = slice(90, -90)
    np.testing.assert_allclose(vertex_normals(vertices, faces)[between], outwards[between],
                               atol=0.01)


def test_without_opengl_it_draws_in_software(monkeypatch):
    monkeypatch.setitem(sys.modules, "moderngl", None)
    vertices, faces = sphere()
    with MeshRenderer(WIDTH, HEIGHT) as renderer:
        assert renderer.backend == "software"
        assert renderer.render(Mesh(vertices, faces), FOCAL, CENTRE).max() > 100
    with pytest.raises(KinesicsError, match="OpenGL cannot be had"):
        MeshRenderer(WIDTH, HEIGHT, backend="egl")


@pytest.mark.parametrize(("arguments", "said"), [
    ((0, 100), "0 x 100"), ((100, 100_000), "100 x 100000"),
])
def test_impossible_sizes_are_refused(arguments, said):
    with pytest.raises(KinesicsError, match=said):
        MeshRenderer(*arguments)


def test_misuse_is_a_sentence(renderer):
    vertices, faces = sphere(6, 8)
    with pytest.raises(KinesicsError, match="320 x 240 RGB uint8, got uint8"):
        renderer.render(
            Mesh(vertices, faces), FOCAL, CENTRE, background=np.zeros((9, 9, 3), np.uint8))
    textured = Mesh(vertices, faces, texture=Texture(np.zeros((4, 4, 4), np.uint8),
                                                     vertices[:, :2]))
    with pytest.raises(KinesicsError, match="drawn alone, got 2 meshes"):
        renderer.render([textured, Mesh(vertices, faces)], FOCAL, CENTRE)
    with pytest.raises(KinesicsError, match="auto, egl or software, got 'vulkan'"):
        MeshRenderer(10, 10, backend="vulkan")
    said = []

    def elsewhere():
        try:
            renderer.render(Mesh(vertices, faces), FOCAL, CENTRE)
        except KinesicsError as error:
            said.append(str(error))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert "belongs to the thread" in said[0]
    other = MeshRenderer(10, 10, backend="software")
    other.release()
    with pytest.raises(KinesicsError, match="released"):
        other.render(Mesh(vertices, faces), FOCAL, CENTRE)


def test_two_renderers_side_by_side(renderer):
    vertices, faces = sphere()
    alone = renderer.render(Mesh(vertices, faces), FOCAL, CENTRE)
    with MeshRenderer(64, 48) as other:
        other.render(Mesh(vertices, faces), 80.0, (32, 24))
        np.testing.assert_array_equal(renderer.render(Mesh(vertices, faces), FOCAL, CENTRE), alone)
        assert other.render(Mesh(vertices, faces), 80.0, (32, 24)).shape == (48, 64, 3)
    np.testing.assert_array_equal(renderer.render(Mesh(vertices, faces), FOCAL, CENTRE), alone)


def test_a_thousand_pictures_leak_nothing():
    if not os.path.exists("/proc/self/statm"):
        pytest.skip("needs /proc")

    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20

    vertices, faces = sphere(20, 30)
    with MeshRenderer(96, 72) as renderer:
        for index in range(1000):
            if index == 200:
                before = resident()
            # Changing faces and colours makes new buffers each time.
            part = faces[: 3 * len(faces) // 4] if index % 2 else faces
            renderer.render(
                Mesh(vertices, part.copy(), (index % 256, 9, 9)), 120.0, (48, 36))
        assert resident() - before < 12.0


@pytest.mark.slow
def test_beside_mediapipe_in_one_process(tmp_path):
    """MediaPipe opens EGL contexts of its own."""
    script = """
import numpy as np, mediapipe
from mediapipe.tasks.python import BaseOptions, vision
from kinesics_core.assets import store
from kinesics_core.render.geometry import Mesh
from kinesics_core.render.mesh import MeshRenderer
from tests.render.test_mesh import sphere, FOCAL, CENTRE, WIDTH, HEIGHT
vertices, faces = sphere()
options = vision.HolisticLandmarkerOptions(base_options=BaseOptions(
    model_asset_path=str(store.path("holistic-lite"))), running_mode=vision.RunningMode.VIDEO)
frame = mediapipe.Image(mediapipe.ImageFormat.SRGB, np.full((480, 640, 3), 128, np.uint8))
with MeshRenderer(WIDTH, HEIGHT) as renderer:
    first = renderer.render(Mesh(vertices, faces), FOCAL, CENTRE)
    with vision.HolisticLandmarker.create_from_options(options) as landmarker:
        for index in range(3):
            landmarker.detect_for_video(frame, 33 * index + 1)
            assert (renderer.render(Mesh(vertices, faces), FOCAL, CENTRE) == first).all()
        with MeshRenderer(WIDTH, HEIGHT) as other:
            assert (other.render(Mesh(vertices, faces), FOCAL, CENTRE) == first).all()
        landmarker.detect_for_video(frame, 1000)
print("done")
"""
    pytest.importorskip("mediapipe")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("done")


def _eroded(mask):
    """Pixels whose eight neighbours are in the mask too."""
    inner = mask.copy()
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            inner &= np.roll(mask, (dy, dx), (0, 1))
    return inner


def test_the_default_takes_opengl_where_it_is():
    with MeshRenderer(16, 16) as renderer:
        try:
            mesh.GlRasterizer(16, 16).release()
        except Exception:
            assert renderer.backend == "software"
        else:
            assert renderer.backend == "egl"
