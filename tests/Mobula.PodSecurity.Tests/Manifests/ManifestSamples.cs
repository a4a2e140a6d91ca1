namespace Mobula.PodSecurity.Tests.Manifests;

internal static class ManifestSamples
{
    public const string RayCluster = """
        # A cluster for the guide.
        apiVersion: ray.io/v1
        kind: RayCluster
        metadata:
          name: raycluster-complete
          annotations:
            mobula.dev/pod-security-defaults: "false"
        spec:
          rayVersion: '2.60.0'
          headGroupSpec:
            rayStartParams: {}
            template:
              spec:
                containers:
                - name: ray-head
                  image: rayproject/ray:2.60.0   # pinned for reproducibility
                  ports:
                  - {containerPort: 8265, name: dashboard}
                # scratch space
                volumes:
                - name: logs
                  emptyDir: {}
          workerGroupSpecs:
          - groupName: small
            template:
              spec:
                containers:
                - image: rayproject/ray:2.60.0
                  name: ray-worker
        """;
}
