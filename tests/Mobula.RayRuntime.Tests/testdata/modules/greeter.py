from ray import serve


@serve.deployment(ray_actor_options={"num_cpus": 0.1})
class Greeter:
    def __init__(self):
        self.word = "hello"

    def reconfigure(self, config):
        self.word = config["word"]

    async def __call__(self, request):
        name = request.query_params.get("name", "world")
        if name == "crash":
            raise ValueError("asked to crash")
        return {"greeting": f"{self.word} {name}"}


app = Greeter.bind()
