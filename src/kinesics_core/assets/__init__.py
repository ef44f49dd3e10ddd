"""Models and clips by name, version and SHA-256: store, manifest and MediaPipe's bundles."""
