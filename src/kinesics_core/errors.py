"""One exception family, so that every surface (CLI, node, test) can show the same sentence."""


class KinesicsError(Exception):
    """A fault the user can act on. The message says what was got, what was wanted, what to do."""


class SourceError(KinesicsError):
    """A camera, video or folder that cannot be opened, or ended when it should not have."""


class AssetError(KinesicsError):
    """A model or footage file that is missing, truncated or not the one the manifest names."""


class ModelError(KinesicsError):
    """A model file that exists but is not the kind of model that was asked for."""


class MessageError(KinesicsError):
    """A message whose fields do not fit together or hold what their comments do not allow."""


class RecordingError(KinesicsError):
    """A recording that cannot be started or continued, for instance for want of disk space."""
