"""Settings of a driver's job."""


class JobConfig:
    def __init__(self, jvm_options=None, code_search_path=None, runtime_env=None, _client_job=False, metadata=None, ray_namespace=None, default_actor_lifetime="non_detached"):
        self.runtime_env, self.metadata, self.ray_namespace = runtime_env or {}, metadata or {}, ray_namespace
        self.default_actor_lifetime = default_actor_lifetime

    def set_metadata(self, key, value):
        self.metadata[key] = value

    def set_runtime_env(self, runtime_env, validate=False):
        self.runtime_env = runtime_env or {}

    def set_ray_namespace(self, ray_namespace):
        self.ray_namespace = ray_namespace
