using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Controllers.Deployments;

/// <summary>The status of a Deployment as it follows from its ReplicaSets.</summary>
internal static class DeploymentStatus
{
    /// <summary>Counts, and whether enough pods are available.</summary>
    public static JsonObject Calculate(JsonObject deployment, DeploymentSpec spec, JsonObject? newest, IReadOnlyCollection<JsonObject> all, DateTimeOffset now)
    {
        var available = all.Sum(r => ReplicaSetFacts.Count(r, "availableReplicas"));
        var status = new JsonObject { ["observedGeneration"] = deployment.Generation };
        Set(status, "replicas", all.Sum(r => ReplicaSetFacts.Count(r, "replicas")));
        Set(status, "updatedReplicas", newest is null ? 0 : ReplicaSetFacts.Count(newest, "replicas"));
        Set(status, "readyReplicas", all.Sum(r => ReplicaSetFacts.Count(r, "readyReplicas")));
        Set(status, "availableReplicas", available);
        Set(status, "unavailableReplicas", Math.Max(0, all.Sum(ReplicaSetFacts.Wanted) - available));
        if (all.All(r => r.Integer("status", "terminatingReplicas") is not null))
        {
            status["terminatingReplicas"] = all.Sum(r => ReplicaSetFacts.Count(r, "terminatingReplicas"));
        }
        if (deployment.Integer("status", "collisionCount") is { } collisions) status["collisionCount"] = collisions;
        if (deployment.List("status", "conditions") is { } conditions) status["conditions"] = conditions.DeepClone();
        SetCondition(status, available >= spec.Replicas - spec.MaxUnavailable
            ? Condition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.", now)
            : Condition("Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.", now));
        return status;
    }

    /// <summary>Adds how the rollout goes to what <see cref="Calculate"/> gave.</summary>
    public static void AddProgress(JsonObject status, JsonObject deployment, DeploymentSpec spec, JsonObject? newest, IReadOnlyCollection<JsonObject> all, DateTimeOffset now)
    {
        if (spec.ProgressDeadlineSeconds is null) RemoveCondition(status, "Progressing");
        var current = Conditions.Find(deployment, "Progressing");
        var settled = Count(status, "replicas") == Count(status, "updatedReplicas") && current?.Text("reason") == "NewReplicaSetAvailable";
        if (spec.ProgressDeadlineSeconds is not null && !settled)
        {
            var subject = newest is null ? $"Deployment \"{deployment.Name}\"" : $"ReplicaSet \"{newest.Name}\"";
            if (IsComplete(spec, deployment, status))
            {
                SetCondition(status, Condition("Progressing", "True", "NewReplicaSetAvailable", $"{subject} has successfully progressed.", now));
            }
            else if (HasProgressed(deployment, status))
            {
                var condition = Condition("Progressing", "True", "ReplicaSetUpdated", $"{subject} is progressing.", now);
                if (current?.Text("status") == "True") condition["lastTransitionTime"] = current.Text("lastTransitionTime");
                RemoveCondition(status, "Progressing");
                SetCondition(status, condition);
            }
            else if (HasTimedOut(status, spec, now))
            {
                SetCondition(status, Condition("Progressing", "False", "ProgressDeadlineExceeded", $"{subject} has timed out progressing.", now));
            }
        }
        var failure = (newest is null ? all : [newest, .. all]).Select(r => Conditions.Find(r, "ReplicaFailure")).FirstOrDefault(c => c is not null);
        if (failure is null)
        {
            RemoveCondition(status, "ReplicaFailure");
            return;
        }
        var since = KubernetesTime.Parse(failure.Text("lastTransitionTime")) ?? now;
        SetCondition(status, Condition("ReplicaFailure", failure.Text("status") ?? "True", failure.Text("reason") ?? "", failure.Text("message") ?? "", since));
    }

    /// <summary>Whether all pods are new and available, and no old one is left.</summary>
    public static bool IsComplete(DeploymentSpec spec, JsonObject deployment, JsonObject status) =>
        Count(status, "updatedReplicas") == spec.Replicas && Count(status, "replicas") == spec.Replicas
        && Count(status, "availableReplicas") == spec.Replicas && (status.Integer("observedGeneration") ?? 0) >= deployment.Generation;

    /// <summary>The time after which a rollout that does not move has to be looked at; null when it need not.</summary>
    public static TimeSpan? UntilDeadline(JsonObject deployment, DeploymentSpec spec, JsonObject status, DateTimeOffset now)
    {
        var current = Conditions.Find(status.Objects("conditions"), "Progressing");
        if (spec.ProgressDeadlineSeconds is not { } deadline || current is null) return null;
        if (IsComplete(spec, deployment, status) || current.Text("reason") == "ProgressDeadlineExceeded") return null;
        var since = KubernetesTime.Parse(current.Text("lastUpdateTime")) ?? now;
        // One second more, since times are kept in whole seconds.
        var left = since.AddSeconds(deadline + 1) - now;
        return left < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : left;
    }

    public static JsonObject Condition(string type, string state, string reason, string message, DateTimeOffset now) => new()
    {
        ["type"] = type,
        ["status"] = state,
        ["lastUpdateTime"] = KubernetesTime.Format(now),
        ["lastTransitionTime"] = KubernetesTime.Format(now),
        ["reason"] = reason,
        ["message"] = message,
    };

    /// <summary>Sets a condition; one that says the same already stays as it is, and where it is.</summary>
    public static void SetCondition(JsonObject status, JsonObject condition)
    {
        var current = Conditions.Find(status.Objects("conditions"), condition.Text("type")!);
        if (current is not null && current.Text("status") == condition.Text("status"))
        {
            if (current.Text("reason") == condition.Text("reason")) return;
            condition["lastTransitionTime"] = current.Text("lastTransitionTime");
        }
        RemoveCondition(status, condition.Text("type")!);
        if (status["conditions"] is not JsonArray list) status["conditions"] = list = [];
        list.Add((JsonNode)condition);
    }

    private static void RemoveCondition(JsonObject status, string type)
    {
        if (status["conditions"] is not JsonArray list) return;
        if (Conditions.Find(list.OfType<JsonObject>(), type) is { } found) list.Remove(found);
        if (list.Count == 0) status.Remove("conditions");
    }

    private static bool HasProgressed(JsonObject deployment, JsonObject status)
    {
        var old = deployment.Object("status") ?? [];
        return Count(status, "updatedReplicas") > Count(old, "updatedReplicas")
            || Count(status, "replicas") - Count(status, "updatedReplicas") < Count(old, "replicas") - Count(old, "updatedReplicas")
            || Count(status, "readyReplicas") > Count(old, "readyReplicas")
            || Count(status, "availableReplicas") > Count(old, "availableReplicas");
    }

    private static bool HasTimedOut(JsonObject status, DeploymentSpec spec, DateTimeOffset now)
    {
        if (Conditions.Find(status.Objects("conditions"), "Progressing") is not { } condition) return false;
        return condition.Text("reason") switch
        {
            "NewReplicaSetAvailable" => false,
            "ProgressDeadlineExceeded" => true,
            _ => (KubernetesTime.Parse(condition.Text("lastUpdateTime")) ?? now).AddSeconds(spec.ProgressDeadlineSeconds ?? 0) < now,
        };
    }

    private static int Count(JsonObject status, string field) => (int)(status.Integer(field) ?? 0);

    private static void Set(JsonObject status, string field, int count)
    {
        if (count > 0) status[field] = count;
    }
}
