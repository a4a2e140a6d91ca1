using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>The containers of a pod, the first ones and the ones for debugging too.</summary>
/// <param name="spec">The pod's spec.</param>
/// <param name="path">Its place.</param>
/// <param name="volumes">The volumes without fault, by name.</param>
/// <param name="errors">What is wrong.</param>
internal sealed class ContainerValidation(JsonObject spec, FieldPath path, IReadOnlyDictionary<string, JsonObject> volumes, FieldErrors errors)
{
    private const string OnlySidecars = "may not be set for init containers without restartPolicy=Always";

    private readonly long _graceSeconds = spec.Integer("terminationGracePeriodSeconds") ?? 0;
    private readonly HashSet<string> _claims = [.. spec.Objects("resourceClaims").Select(c => c.Text("name") ?? "")];
    private readonly HashSet<string> _names = [];

    public void Containers()
    {
        var containers = spec.Objects("containers").ToList();
        if (containers.Count == 0)
        {
            errors.Required(path.Child("containers"));
            return;
        }
        foreach (var (i, container) in containers.Index())
        {
            var at = path.Child("containers").Index(i);
            Common(container, at);
            var name = container.Text("name") ?? "";
            if (!_names.Add(name)) errors.Duplicate(at.Child("name"), name);
            ProbeValidation.Lifecycle(container, at, _graceSeconds, errors);
            ProbeValidation.Probes(container, at, _graceSeconds, errors);
            RestartPolicy(container, at);
        }
        HostPortConflicts(containers, path.Child("containers"), 0);
    }

    public void InitContainers()
    {
        foreach (var (i, container) in spec.Objects("initContainers").Index())
        {
            var at = path.Child("initContainers").Index(i);
            Common(container, at);
            UniqueName(container, at);
            HostPortConflicts([container], path.Child("initContainers"), i);
            if (container.Text("restartPolicy") == "Always")
            {
                ProbeValidation.Lifecycle(container, at, _graceSeconds, errors);
                ProbeValidation.Probes(container, at, _graceSeconds, errors);
            }
            else
            {
                foreach (var field in new[] { "lifecycle", "livenessProbe", "readinessProbe", "startupProbe" })
                {
                    if (container.Object(field) is not null) errors.Forbidden(at.Child(field), OnlySidecars);
                }
            }
            RestartPolicy(container, at);
        }
    }

    /// <summary>Containers for debugging, which have less than others.</summary>
    public void EphemeralContainers()
    {
        foreach (var (i, container) in spec.Objects("ephemeralContainers").Index())
        {
            var at = path.Child("ephemeralContainers").Index(i);
            Common(container, at);
            UniqueName(container, at);
            if (container.Text("targetContainerName") is { Length: > 0 } target && !spec.Objects("containers").Concat(spec.Objects("initContainers")).Any(c => c.Text("name") == target))
            {
                errors.NotFound(at.Child("targetContainerName"), target);
            }
            foreach (var field in new[] { "ports", "resources", "resizePolicy", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle" })
            {
                if (container[field] is JsonObject { Count: > 0 } or JsonArray { Count: > 0 }) errors.Forbidden(at.Child(field), "cannot be set for an Ephemeral Container");
            }
            foreach (var (j, mount) in container.Objects("volumeMounts").Index())
            {
                foreach (var field in new[] { "subPath", "subPathExpr" })
                {
                    if (!string.IsNullOrEmpty(mount.Text(field))) errors.Forbidden(at.Child("volumeMounts").Index(j).Child(field), "cannot be set for an Ephemeral Container");
                }
            }
        }
    }

    /// <summary>What is asked of pods, but not of templates of pods.</summary>
    public void Images()
    {
        foreach (var list in new[] { "containers", "initContainers" })
        {
            foreach (var (i, container) in spec.Objects(list).Index())
            {
                if (container.Text("image") is { } image && image.Trim() != image) errors.Invalid(path.Child(list).Index(i).Child("image"), image, "must not have leading or trailing whitespace");
            }
        }
    }

    private void Common(JsonObject container, FieldPath at)
    {
        if (errors.RequiredText(container, at, "name")) errors.Invalid(at.Child("name"), container.Text("name"), NameValidation.IsDns1123Label(container.Text("name")!));
        errors.RequiredText(container, at, "image");
        if (errors.RequiredText(container, at, "terminationMessagePolicy")) errors.OneOf(container, at, "terminationMessagePolicy", "File", "FallbackToLogsOnError");
        Ports(container, at.Child("ports"));
        EnvironmentValidation.Environment(container, at, errors);
        EnvironmentValidation.FileReferences(container, at, volumes, errors);
        VolumeMountValidation.Mounts(container, at, volumes, errors);
        VolumeMountValidation.Devices(container, at, volumes, errors);
        if (errors.RequiredText(container, at, "imagePullPolicy")) errors.OneOf(container, at, "imagePullPolicy", "Always", "IfNotPresent", "Never");
        ResourceValidation.Requirements(container.Object("resources"), at.Child("resources"), _claims, errors);
        ResizePolicy(container, at.Child("resizePolicy"));
        SecurityContextValidation.OfContainer(container.Object("securityContext"), at.Child("securityContext"), spec.Flag("hostUsers") != false, errors);
    }

    private void UniqueName(JsonObject container, FieldPath at)
    {
        var name = container.Text("name") ?? "";
        if (name.Length > 0 && !_names.Add(name)) errors.Duplicate(at.Child("name"), name);
    }

    private void Ports(JsonObject container, FieldPath portsPath)
    {
        var names = new HashSet<string>();
        foreach (var (i, port) in container.Objects("ports").Index())
        {
            var at = portsPath.Index(i);
            if (port.Text("name") is { Length: > 0 } name)
            {
                var wrong = FieldRules.IsPortName(name);
                errors.Invalid(at.Child("name"), name, wrong);
                if (wrong.Count == 0 && !names.Add(name)) errors.Duplicate(at.Child("name"), name);
            }
            if (port.Integer("containerPort") is not { } number || number == 0) errors.Required(at.Child("containerPort"));
            else if (!FieldRules.IsPort(number)) errors.Invalid(at.Child("containerPort"), number, FieldRules.MustBePort);
            if (port.Integer("hostPort") is { } host && host != 0 && !FieldRules.IsPort(host)) errors.Invalid(at.Child("hostPort"), host, FieldRules.MustBePort);
            if (errors.RequiredText(port, at, "protocol")) errors.OneOf(port, at, "protocol", "SCTP", "TCP", "UDP");
        }
    }

    private void HostPortConflicts(IEnumerable<JsonObject> containers, FieldPath list, int first)
    {
        var taken = new HashSet<string>();
        foreach (var (i, container) in containers.Index())
        {
            foreach (var (j, port) in container.Objects("ports").Index())
            {
                if (port.Integer("hostPort") is not { } number || number == 0) continue;
                var key = $"{port.Text("protocol")}/{port.Text("hostIP")}/{number}";
                if (!taken.Add(key)) errors.Duplicate(list.Index(first + i).Child("ports").Index(j).Child("hostPort"), key);
            }
        }
    }

    private void ResizePolicy(JsonObject container, FieldPath at)
    {
        var seen = new HashSet<string>();
        foreach (var (i, policy) in container.Objects("resizePolicy").Index())
        {
            var name = policy.Text("resourceName") ?? "";
            if (!seen.Add(name)) errors.Duplicate(at.Index(i), name);
            if (name.Length == 0) errors.Required(at);
            else if (name is not ("cpu" or "memory")) errors.NotSupported(at, name, "cpu", "memory");
            var restart = policy.Text("restartPolicy") ?? "";
            if (restart.Length == 0) errors.Required(at);
            else if (restart is not ("NotRequired" or "RestartContainer")) errors.NotSupported(at, restart, "NotRequired", "RestartContainer");
            else if (spec.Text("restartPolicy") == "Never" && restart != "NotRequired") errors.Invalid(at, restart, "must be 'NotRequired' when pod `restartPolicy` is 'Never'");
        }
    }

    private void RestartPolicy(JsonObject container, FieldPath at)
    {
        var rules = container.Objects("restartPolicyRules").ToList();
        if (container.Text("restartPolicy") is not { } policy)
        {
            if (rules.Count > 0) errors.Required(at.Child("restartPolicy"), "must specify restartPolicy when restart rules are used");
        }
        else if (policy is not ("Always" or "Never" or "OnFailure"))
        {
            errors.NotSupported(at.Child("restartPolicy"), policy, "Always", "Never", "OnFailure");
        }
        foreach (var (i, rule) in rules.Index())
        {
            var place = at.Child("restartPolicyRules").Index(i);
            errors.OneOf(rule, place, "action", "Restart", "RestartAllContainers");
            if (rule.Object("exitCodes") is { } codes) errors.OneOf(codes, place.Child("exitCodes"), "operator", "In", "NotIn");
            else errors.Required(place.Child("exitCodes"), "must be specified");
        }
    }
}
