"""The layout of the live view's window in Rerun."""

from __future__ import annotations

from typing import Any

BACKGROUND = (22, 26, 36)


def layout(model: bool = False) -> Any:
    """Return the blueprint: camera and affect, the robot, both bodies in 3-D.

    Args:
        model: Whether the robot has a model, which takes the place of the body that it follows.
    """
    import rerun.blueprint as rrb

    followed: Any = rrb.Spatial3DView(
        origin="robot/body", name="robot, 3D", background=BACKGROUND,
        eye_controls=rrb.EyeControls3D(position=(0.5, 0.3, 2.4), look_target=(0.0, -0.1, 0.0)),
    )
    if model:
        moved = rrb.Spatial3DView(
            origin="urdf", name="robot's model", background=BACKGROUND,
            eye_controls=rrb.EyeControls3D(position=(2.0, 0.6, 0.6), look_target=(0.0, 0.0, 0.2)))
        followed = rrb.Tabs(moved, followed)
    return rrb.Blueprint(
        rrb.Horizontal(
            rrb.Vertical(
                rrb.Spatial2DView(origin="camera", name="camera, keypoints, forecast"),
                rrb.TimeSeriesView(
                    origin="affect", name="affect",
                    axis_y=rrb.ScalarAxis(range=(-1.0, 1.0), zoom_lock=True),
                    time_ranges=rrb.VisibleTimeRange(
                        "camera",
                        start=rrb.TimeRangeBoundary.cursor_relative(seconds=-15.0),
                        end=rrb.TimeRangeBoundary.cursor_relative(),
                    ),
                ),
                row_shares=[2, 1],
            ),
            rrb.Vertical(
                rrb.Spatial2DView(origin="robot/picture", name="robot"),
                _bars("robot"),
                rrb.TextLogView(origin="response", name="answers"),
                row_shares=[4, 4, 2],
            ),
            rrb.Vertical(
                rrb.Spatial3DView(
                    origin="body", name="person, 3D", background=BACKGROUND,
                    eye_controls=rrb.EyeControls3D(
                        position=(0.5, -0.3, -2.4), look_target=(0.0, 0.0, 0.0)
                    ),
                ),
                followed,
                _bars("person"),
                row_shares=[2, 2, 3],
            ),
            column_shares=[5, 3, 3],
        ),
        rrb.BlueprintPanel(state="collapsed"),
        rrb.SelectionPanel(state="collapsed"),
        rrb.TimePanel(state="collapsed", timeline="camera"),
    )


def _bars(whose: str) -> Any:
    """Return the view of somebody's blendshapes, as bars with names."""
    import rerun.blueprint as rrb

    return rrb.Spatial2DView(
        origin=f"blendshapes/{whose}/picture", name=f"{whose}, 52 blendshapes")
