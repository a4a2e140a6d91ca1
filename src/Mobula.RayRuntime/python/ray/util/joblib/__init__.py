"""joblib's backend "ray"."""


def register_ray():
    from joblib.parallel import register_parallel_backend
    from joblib._parallel_backends import MultiprocessingBackend
    import ray
    from ray.util.multiprocessing import Pool

    class RayBackend(MultiprocessingBackend):
        def configure(self, n_jobs=1, parallel=None, prefer=None, require=None, **arguments):
            n_jobs = self.effective_n_jobs(n_jobs)
            self._pool = Pool(n_jobs)
            self.parallel = parallel
            return n_jobs

        def effective_n_jobs(self, n_jobs):
            if not ray.is_initialized():
                ray.init()
            cpus = int(ray.cluster_resources().get("CPU", 1))
            return cpus if n_jobs in (None, -1) else n_jobs if n_jobs > 0 else max(1, cpus + 1 + n_jobs)

        def terminate(self):
            if self._pool is not None:
                self._pool.terminate()
                self._pool = None

    register_parallel_backend("ray", RayBackend)
