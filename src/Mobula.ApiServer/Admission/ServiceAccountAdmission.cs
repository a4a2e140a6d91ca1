using System.Text.Json.Nodes;
using Mobula.ApiServer.Authorization;
using Mobula.ApiServer.Rest;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Admission;

/// <summary>Gives pods a ServiceAccount and, unless told otherwise, a volume with its token.</summary>
internal sealed class ServiceAccountAdmission(ObjectStore store) : AdmissionPlugin
{
    private const string MountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
    private const string MirrorAnnotation = "kubernetes.io/config.mirror";
    private const string EnforceAnnotation = "kubernetes.io/enforce-mountable-secrets";
    private const long TokenSeconds = 3607;

    public override string Name => "ServiceAccount";

    public override ValueTask MutateAsync(AdmissionReview review)
    {
        if (review.Is("pods") && review is { Operation: AdmissionOperation.Create, Object: { } pod }) Mutate(review, pod);
        return default;
    }

    private void Mutate(AdmissionReview review, JsonObject pod)
    {
        if (pod.Annotation(MirrorAnnotation) is not null)
        {
            CheckMirror(review, pod);
            return;
        }
        var spec = pod.Ensure("spec");
        var name = spec.Text("serviceAccountName") is { Length: > 0 } wanted ? wanted : "default";
        spec["serviceAccountName"] = name;
        spec["serviceAccount"] = name;
        if (store.Get(new("serviceaccounts", review.Namespace, name))?.Parse() is not { } account)
        {
            throw StatusException.Forbidden(review.Definition.Resource, review.Name,
                $"error looking up service account {review.Namespace}/{name}: serviceaccount {GoText.Quote(name)} not found");
        }
        if (account.Annotation(EnforceAnnotation) == "true") CheckSecrets(review, pod, account);
        if (spec.Flag("automountServiceAccountToken") ?? account.Flag("automountServiceAccountToken") ?? true) Mount(pod, spec);
        if (!spec.Objects("imagePullSecrets").Any() && account.List("imagePullSecrets") is { Count: > 0 } secrets)
        {
            spec["imagePullSecrets"] = secrets.DeepClone();
        }
    }

    /// <summary>A mirror pod runs already, and got nothing from the API that it could refer to.</summary>
    private static void CheckMirror(AdmissionReview review, JsonObject pod)
    {
        var problem = !string.IsNullOrEmpty(pod.Text("spec", "serviceAccountName")) ? "a mirror pod may not reference service accounts"
            : PodReferences.Of(pod).Any(r => r.Resource == "secrets") ? "a mirror pod may not reference secrets"
            : pod.Objects("spec", "volumes").SelectMany(v => v.Objects("projected", "sources")).Any(s => s.ContainsKey("serviceAccountToken")) ? "a mirror pod may not use ServiceAccountToken volume projections"
            : null;
        if (problem is not null) throw StatusException.Forbidden(review.Definition.Resource, review.Name, problem);
    }

    private static void Mount(JsonObject pod, JsonObject spec)
    {
        var volume = spec.Objects("volumes").Select(v => v.Text("name") ?? "").FirstOrDefault(n => n.StartsWith("kube-api-access-", StringComparison.Ordinal));
        var isNew = volume is null;
        volume ??= ObjectNames.Generate("kube-api-access-");
        var used = false;
        foreach (var container in new[] { "initContainers", "containers" }.SelectMany(c => pod.Objects("spec", c)))
        {
            if (container.Objects("volumeMounts").Any(m => m.Text("mountPath") == MountPath)) continue;
            var mounts = container.List("volumeMounts");
            if (mounts is null) container["volumeMounts"] = mounts = [];
            mounts.Add((JsonNode)new JsonObject { ["name"] = volume, ["readOnly"] = true, ["mountPath"] = MountPath });
            used = true;
        }
        if (!used || !isNew) return;
        var volumes = spec.List("volumes");
        if (volumes is null) spec["volumes"] = volumes = [];
        volumes.Add((JsonNode)new JsonObject
        {
            ["name"] = volume,
            ["projected"] = new JsonObject
            {
                ["sources"] = new JsonArray(
                    new JsonObject { ["serviceAccountToken"] = new JsonObject { ["expirationSeconds"] = TokenSeconds, ["path"] = "token" } },
                    new JsonObject { ["configMap"] = new JsonObject { ["name"] = "kube-root-ca.crt", ["items"] = new JsonArray(new JsonObject { ["key"] = "ca.crt", ["path"] = "ca.crt" }) } },
                    new JsonObject
                    {
                        ["downwardAPI"] = new JsonObject
                        {
                            ["items"] = new JsonArray(new JsonObject
                            {
                                ["path"] = "namespace",
                                ["fieldRef"] = new JsonObject { ["apiVersion"] = "v1", ["fieldPath"] = "metadata.namespace" },
                            }),
                        },
                    }),
                ["defaultMode"] = 420,
            },
        });
    }

    private static void CheckSecrets(AdmissionReview review, JsonObject pod, JsonObject account)
    {
        var allowed = account.Objects("secrets").Select(s => s.Text("name")).ToHashSet();
        void Require(string what, string? secret)
        {
            if (secret is null || allowed.Contains(secret)) return;
            throw StatusException.Forbidden(review.Definition.Resource, review.Name,
                $"{what} secret.secretName={GoText.Quote(secret)} is not allowed because service account {account.Name} does not reference that secret");
        }
        foreach (var volume in pod.Objects("spec", "volumes")) Require("volume with", volume.Text("secret", "secretName"));
        foreach (var (kind, list) in new[] { ("init container", "initContainers"), ("container", "containers") })
        {
            foreach (var container in pod.Objects("spec", list))
            {
                foreach (var variable in container.Objects("env"))
                {
                    Require($"{kind} {container.Text("name")} with envVar {variable.Text("name")} referencing", variable.Text("valueFrom", "secretKeyRef", "name"));
                }
                foreach (var source in container.Objects("envFrom")) Require($"{kind} {container.Text("name")} with envFrom referencing", source.Text("secretRef", "name"));
            }
        }
    }
}
