using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>Ingresses, their classes, and network policies.</summary>
internal static class NetworkValidation
{
    private static readonly FieldPath SpecPath = FieldPath.Of("spec");

    public static void Ingress(JsonObject o, FieldErrors errors)
    {
        var spec = o.Object("spec") ?? [];
        if (spec.List("rules") is not { Count: > 0 } && spec.Object("defaultBackend") is null)
        {
            errors.Add(FieldError.Invalid(SpecPath, spec.List("rules"), "either `defaultBackend` or `rules` must be specified"));
        }
        if (spec.Object("defaultBackend") is { } backend) Backend(backend, SpecPath.Child("defaultBackend"), errors);
        foreach (var (i, rule) in spec.Objects("rules").Index()) Rule(rule, SpecPath.Child("rules").Index(i), errors);
        foreach (var (i, tls) in spec.Objects("tls").Index())
        {
            var at = SpecPath.Child("tls").Index(i);
            foreach (var (j, host) in tls.Texts("hosts").Index()) Host(host, at.Child("hosts").Index(j), errors);
            if (tls.Text("secretName") is { Length: > 0 } secret) errors.Invalid(at.Child("secretName"), secret, NameValidation.IsDns1123Subdomain(secret));
        }
        if (spec.Text("ingressClassName") is { } name) errors.Invalid(SpecPath.Child("ingressClassName"), name, NameValidation.IsDns1123Subdomain(name));
    }

    public static IEnumerable<string> IngressAdvice(JsonObject o)
    {
        if (o.Annotation("kubernetes.io/ingress.class") is not null) yield return "annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead";
    }

    public static void IngressClass(JsonObject o, FieldErrors errors)
    {
        var spec = o.Object("spec") ?? [];
        if (errors.RequiredText(spec, SpecPath, "controller"))
        {
            var controller = spec.Text("controller")!;
            if (controller.Length > 250) errors.Add(FieldError.TooLong(SpecPath.Child("controller"), 250));
            if (!FieldRules.IsDomainPrefixedPath(controller)) errors.Invalid(SpecPath.Child("controller"), controller, "must be a domain-prefixed path (such as \"acme.io/foo\")");
        }
        if (spec.Object("parameters") is not { } parameters) return;
        var path = SpecPath.Child("parameters");
        if (parameters.Text("apiGroup") is { } group) errors.Invalid(path.Child("apiGroup"), group, NameValidation.IsDns1123Subdomain(group));
        if (errors.RequiredText(parameters, path, "kind")) errors.Invalid(path.Child("kind"), parameters.Text("kind"), NameValidation.IsPathSegmentName(parameters.Text("kind")!));
        if (errors.RequiredText(parameters, path, "name")) errors.Invalid(path.Child("name"), parameters.Text("name"), NameValidation.IsPathSegmentName(parameters.Text("name")!));
        var space = parameters.Text("namespace");
        switch (parameters.Text("scope") ?? "")
        {
            case "Namespace":
                if (string.IsNullOrEmpty(space)) errors.Required(path.Child("namespace"), "`parameters.scope` is set to 'Namespace'");
                else errors.Invalid(path.Child("namespace"), space, NameValidation.IsDns1123Label(space));
                break;
            case "Cluster":
                if (space is not null) errors.Forbidden(path.Child("namespace"), "`parameters.scope` is set to 'Cluster'");
                break;
            case "":
                errors.Required(path.Child("scope"));
                break;
            default:
                errors.OneOf(parameters, path, "scope", "Cluster", "Namespace");
                break;
        }
    }

    public static void NetworkPolicy(JsonObject o, FieldErrors errors)
    {
        var spec = o.Object("spec") ?? [];
        LabelSelectorValidation.Selector(spec.Object("podSelector"), SpecPath.Child("podSelector"), errors);
        foreach (var (i, rule) in spec.Objects("ingress").Index()) PolicyRule(rule, SpecPath.Child("ingress").Index(i), "from", errors);
        foreach (var (i, rule) in spec.Objects("egress").Index()) PolicyRule(rule, SpecPath.Child("egress").Index(i), "to", errors);
        var types = spec.Texts("policyTypes").ToList();
        if (types.Count > 2) errors.Invalid(SpecPath.Child("policyTypes"), spec["policyTypes"], "may not specify more than two policyTypes");
        else foreach (var (i, type) in types.Index()) if (type is not ("Ingress" or "Egress")) errors.NotSupported(SpecPath.Child("policyTypes").Index(i), type, "Ingress", "Egress");
    }

    public static void NetworkPolicyDefaults(JsonObject o)
    {
        var spec = o.Ensure("spec");
        if (spec.List("policyTypes") is not { Count: > 0 })
        {
            spec["policyTypes"] = spec.List("egress") is { Count: > 0 } ? new JsonArray("Ingress", "Egress") : new JsonArray("Ingress");
        }
        foreach (var port in spec.Objects("ingress").Concat(spec.Objects("egress")).SelectMany(r => r.Objects("ports"))) port["protocol"] ??= "TCP";
    }

    private static void Rule(JsonObject rule, FieldPath path, FieldErrors errors)
    {
        if (rule.Text("host") is { Length: > 0 } host)
        {
            if (FieldRules.IsIp(host)) errors.Invalid(path.Child("host"), host, "must be a DNS name, not an IP address");
            Host(host, path.Child("host"), errors);
        }
        if (rule.Object("http") is not { } http) return;
        if (http.List("paths") is not { Count: > 0 }) errors.Required(path.Child("http", "paths"));
        foreach (var (i, item) in http.Objects("paths").Index())
        {
            var at = path.Child("http", "paths").Index(i);
            Path(item, at, errors);
            Backend(item.Object("backend") ?? [], at.Child("backend"), errors);
        }
    }

    private static void Path(JsonObject item, FieldPath at, FieldErrors errors)
    {
        var text = item.Text("path") ?? "";
        switch (item.Text("pathType"))
        {
            case null:
                errors.Required(at.Child("pathType"), "pathType must be specified");
                break;
            case "Exact" or "Prefix":
                if (!text.StartsWith('/')) errors.Invalid(at.Child("path"), text, "must be an absolute path");
                foreach (var bad in new[] { "//", "/./", "/../", "%2f", "%2F" }) if (text.Contains(bad, StringComparison.Ordinal)) errors.Invalid(at.Child("path"), text, $"must not contain '{bad}'");
                foreach (var bad in new[] { "/..", "/." }) if (text.EndsWith(bad, StringComparison.Ordinal)) errors.Invalid(at.Child("path"), text, $"cannot end with '{bad}'");
                break;
            case "ImplementationSpecific":
                if (text.Length > 0 && !text.StartsWith('/')) errors.Invalid(at.Child("path"), text, "must be an absolute path");
                break;
            case var other:
                errors.NotSupported(at.Child("pathType"), other, "Exact", "ImplementationSpecific", "Prefix");
                break;
        }
    }

    private static void Host(string host, FieldPath path, FieldErrors errors)
    {
        if (!host.Contains('*', StringComparison.Ordinal)) errors.Invalid(path, host, NameValidation.IsDns1123Subdomain(host));
        else if (!host.StartsWith("*.", StringComparison.Ordinal) || NameValidation.IsDns1123Subdomain(host[2..]).Count > 0)
        {
            errors.Invalid(path, host, NameValidation.Regex("a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character", @"\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", "*.example.com"));
        }
    }

    private static void Backend(JsonObject backend, FieldPath path, FieldErrors errors)
    {
        var (service, resource) = (backend.Object("service"), backend.Object("resource"));
        if (service is not null && resource is not null)
        {
            errors.Invalid(path, "", "cannot set both resource and service backends");
        }
        else if (service is not null)
        {
            Service(service, path, errors);
        }
        else if (resource is not null)
        {
            var at = path.Child("resource");
            if (resource.Text("apiGroup") is { } group) errors.Invalid(at.Child("apiGroup"), group, NameValidation.IsDns1123Subdomain(group));
            foreach (var field in new[] { "kind", "name" })
            {
                if (errors.RequiredText(resource, at, field)) errors.Invalid(at.Child(field), resource.Text(field), NameValidation.IsPathSegmentName(resource.Text(field)!));
            }
        }
        else
        {
            errors.Invalid(path, "", "resource or service backend is required");
        }
    }

    private static void Service(JsonObject service, FieldPath path, FieldErrors errors)
    {
        var at = path.Child("service");
        if (errors.RequiredText(service, at, "name")) errors.Invalid(at.Child("name"), service.Text("name"), NameValidation.IsDns1123Label(service.Text("name")!));
        var (name, number) = (service.Text("port", "name") ?? "", service.Integer("port", "number") ?? 0);
        if (name.Length > 0 && number != 0)
        {
            errors.Invalid(path, "", "cannot set both port name & port number");
        }
        else if (name.Length > 0)
        {
            errors.Invalid(at.Child("port", "name"), name, FieldRules.IsPortName(name));
        }
        else if (number != 0)
        {
            if (!FieldRules.IsPort(number)) errors.Invalid(at.Child("port", "number"), number, FieldRules.MustBePort);
        }
        else
        {
            errors.Required(path, "port name or number is required");
        }
    }

    private static void PolicyRule(JsonObject rule, FieldPath path, string peers, FieldErrors errors)
    {
        foreach (var (i, port) in rule.Objects("ports").Index())
        {
            var at = path.Child("ports").Index(i);
            errors.OneOfIfSet(port, at, "protocol", "SCTP", "TCP", "UDP");
            if (port["port"] is { } value) ProbeValidation.Port(value, at.Child("port"), errors);
            if (port.Integer("endPort") is not { } end) continue;
            if (port["port"] is null) errors.Required(at.Child("port"), "must be specified if `endPort` is specified");
            else if (port.Integer("port") is not { } first) errors.Invalid(at.Child("port"), port["port"], "must be an integer (not a named port) when `endPort` is specified");
            else if (end < first) errors.Invalid(at.Child("endPort"), end, "must be greater than or equal to `port`");
            if (!FieldRules.IsPort(end)) errors.Invalid(at.Child("endPort"), end, FieldRules.MustBePort);
        }
        foreach (var (i, peer) in (rule.List(peers) ?? []).Index()) Peer(peer as JsonObject ?? [], path.Child(peers).Index(i), errors);
    }

    private static void Peer(JsonObject peer, FieldPath path, FieldErrors errors)
    {
        var count = 0;
        foreach (var selector in new[] { "podSelector", "namespaceSelector" })
        {
            if (peer.Object(selector) is not { } o) continue;
            count++;
            LabelSelectorValidation.Selector(o, path.Child(selector), errors);
        }
        if (peer.Object("ipBlock") is { } block)
        {
            count++;
            if (errors.RequiredText(block, path.Child("ipBlock"), "cidr") && !FieldRules.IsCidr(block.Text("cidr")!)) errors.Invalid(path.Child("ipBlock", "cidr"), block.Text("cidr"), FieldRules.MustBeCidr);
            foreach (var (i, except) in block.Texts("except").Index()) if (!FieldRules.IsCidr(except)) errors.Invalid(path.Child("ipBlock", "except").Index(i), except, FieldRules.MustBeCidr);
        }
        if (count == 0) errors.Required(path, "must specify a peer");
        else if (count > 1 && peer.Object("ipBlock") is not null) errors.Forbidden(path, "may not specify both ipBlock and another peer");
    }
}
