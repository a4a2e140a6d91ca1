using System.Text;
using System.Text.Json.Nodes;

namespace Mobula.WebhookBenchmarks;

/// <summary>The reviews that are sent: a pod that complies and one that does not, as an API server sends them.</summary>
internal static class Reviews
{
    private const string Marker = "00000000-0000-0000-0000-000000000000";
    private static readonly byte[] Complying = Make("""{"allowPrivilegeEscalation":false,"runAsNonRoot":true,"capabilities":{"drop":["ALL"]},"seccompProfile":{"type":"RuntimeDefault"}}""");
    private static readonly byte[] Violating = Make("""{"privileged":true}""");
    private static readonly int MarkerAt = Encoding.UTF8.GetString(Complying).IndexOf(Marker, StringComparison.Ordinal);

    /// <summary>The n-th review; every second pod complies.</summary>
    public static (byte[] Body, string Uid, bool Allowed) Number(int n)
    {
        var allowed = n % 2 == 0;
        byte[] body = [.. allowed ? Complying : Violating];
        var uid = $"{n:x8}-0000-4000-8000-000000000000";
        Encoding.ASCII.GetBytes(uid, body.AsSpan(MarkerAt));
        return (body, uid, allowed);
    }

    /// <summary>Whether an answer is the one to the review.</summary>
    public static bool IsAnswer(byte[] body, string uid, bool allowed)
    {
        var response = JsonNode.Parse(body)?["response"];
        return response?["uid"]?.GetValue<string>() == uid && response["allowed"]?.GetValue<bool>() == allowed
            && (allowed || response["status"]?["message"]?.GetValue<string>().Contains("violates PodSecurity \"restricted:latest\"", StringComparison.Ordinal) == true);
    }

    private static byte[] Make(string securityContext)
    {
        var containers = string.Join(',', Enumerable.Range(0, 3).Select(i => $$"""
            {"name":"c{{i}}","image":"registry.example.com/team/service:1.{{i}}","imagePullPolicy":"IfNotPresent","ports":[{"containerPort":808{{i}},"protocol":"TCP"}],
             "env":[{"name":"MODE","value":"production"},{"name":"NODE","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"spec.nodeName"} } }],
             "resources":{"requests":{"cpu":"100m","memory":"128Mi"},"limits":{"memory":"256Mi"} },"securityContext":{{securityContext}},
             "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File",
             "volumeMounts":[{"name":"kube-api-access","readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}]}
            """));
        return Encoding.UTF8.GetBytes($$"""
            {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"{{Marker}}","kind":{"group":"","version":"v1","kind":"Pod"},
             "resource":{"group":"","version":"v1","resource":"pods"},"requestKind":{"group":"","version":"v1","kind":"Pod"},"requestResource":{"group":"","version":"v1","resource":"pods"},
             "name":"service-7d4b9c-x2x4z","namespace":"load","operation":"CREATE","userInfo":{"username":"system:serviceaccount:kube-system:replicaset-controller",
             "groups":["system:serviceaccounts","system:serviceaccounts:kube-system","system:authenticated"]},
             "object":{"kind":"Pod","apiVersion":"v1","metadata":{"name":"service-7d4b9c-x2x4z","generateName":"service-7d4b9c-","namespace":"load","labels":{"app":"service","pod-template-hash":"7d4b9c"},
             "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"service-7d4b9c","uid":"u","controller":true,"blockOwnerDeletion":true}]},
             "spec":{"volumes":[{"name":"kube-api-access","projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"} }],"defaultMode":420} }],
             "containers":[{{containers}}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"default","schedulerName":"default-scheduler"},
             "status":{} },"oldObject":null,"dryRun":false,"options":{"kind":"CreateOptions","apiVersion":"meta.k8s.io/v1"} } }
            """);
    }
}
