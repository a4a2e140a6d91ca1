using System.Text.Json.Nodes;
using Mobula.ApiServer.Admission.Webhooks;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>Webhooks and policies of admission, but for the expressions in them.</summary>
internal static class AdmissionValidation
{
    private static readonly string[] Operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
    private static readonly FieldPath SpecPath = FieldPath.Of("spec");

    public static void Webhooks(JsonObject o, FieldErrors errors)
    {
        var names = new HashSet<string>();
        foreach (var (i, hook) in o.Objects("webhooks").Index())
        {
            var path = FieldPath.Of("webhooks").Index(i);
            Webhook(hook, path, errors);
            AdmissionVersions(hook, path.Child("admissionReviewVersions"), errors);
            var name = hook.Text("name") ?? "";
            if (name.Length > 0 && !names.Add(name)) errors.Duplicate(path.Child("name"), name);
        }
    }

    public static void WebhookDefaults(JsonObject o)
    {
        foreach (var hook in o.Objects("webhooks"))
        {
            hook["failurePolicy"] ??= "Fail";
            hook["matchPolicy"] ??= "Equivalent";
            hook["namespaceSelector"] ??= new JsonObject();
            hook["objectSelector"] ??= new JsonObject();
            hook["timeoutSeconds"] ??= 10;
            if (o.Kind == "MutatingWebhookConfiguration") hook["reinvocationPolicy"] ??= "Never";
            foreach (var rule in hook.Objects("rules")) rule["scope"] ??= "*";
            if (hook.Object("clientConfig", "service") is { } service) service["port"] ??= 443;
        }
    }

    public static void PolicyDefaults(JsonObject o)
    {
        var spec = o.Ensure("spec");
        spec["failurePolicy"] ??= "Fail";
        if (spec.Object("matchConstraints") is not { } constraints) return;
        constraints["matchPolicy"] ??= "Equivalent";
        constraints["namespaceSelector"] ??= new JsonObject();
        constraints["objectSelector"] ??= new JsonObject();
        foreach (var rule in constraints.Objects("resourceRules").Concat(constraints.Objects("excludeResourceRules"))) rule["scope"] ??= "*";
    }

    public static void MutatingPolicy(JsonObject o, FieldErrors errors)
    {
        var spec = o.Object("spec") ?? [];
        PolicyHead(spec, errors);
        if (errors.RequiredText(spec, SpecPath, "reinvocationPolicy")) errors.OneOf(spec, SpecPath, "reinvocationPolicy", "IfNeeded", "Never");
        if (spec.List("mutations") is not { Count: > 0 }) errors.Required(SpecPath.Child("mutations"), "mutations must contain at least one item");
        foreach (var (i, mutation) in spec.Objects("mutations").Index())
        {
            var path = SpecPath.Child("mutations").Index(i);
            switch (mutation.Text("patchType") ?? "")
            {
                case "":
                    errors.Required(path.Child("patchType"));
                    break;
                case "ApplyConfiguration":
                    if (mutation.Object("applyConfiguration") is { } apply) errors.RequiredText(apply, path.Child("applyConfiguration"), "expression");
                    else errors.Required(path.Child("applyConfiguration"), "must be specified when patchType is ApplyConfiguration");
                    break;
                case "JSONPatch":
                    if (mutation.Object("jsonPatch") is { } patch) errors.RequiredText(patch, path.Child("jsonPatch"), "expression");
                    else errors.Required(path.Child("jsonPatch"), "must be specified when patchType is JSONPatch");
                    break;
                case var other:
                    errors.NotSupported(path.Child("patchType"), other, "ApplyConfiguration", "JSONPatch");
                    break;
            }
        }
    }

    public static void ValidatingPolicy(JsonObject o, FieldErrors errors)
    {
        var spec = o.Object("spec") ?? [];
        PolicyHead(spec, errors);
        foreach (var (i, validation) in spec.Objects("validations").Index()) errors.RequiredText(validation, SpecPath.Child("validations").Index(i), "expression", "expression is not specified");
        if (spec.List("validations") is not { Count: > 0 } && spec.List("auditAnnotations") is not { Count: > 0 }) errors.Required(SpecPath.Child("validations"), "validations or auditAnnotations must contain at least one item");
        foreach (var (i, annotation) in spec.Objects("auditAnnotations").Index())
        {
            var key = annotation.Text("key") ?? "";
            errors.Invalid(SpecPath.Child("auditAnnotations").Index(i).Child("key"), key, NameValidation.IsQualifiedName(key));
        }
    }

    private static void PolicyHead(JsonObject spec, FieldErrors errors)
    {
        errors.OneOfIfSet(spec, SpecPath, "failurePolicy", "Fail", "Ignore");
        foreach (var (i, variable) in spec.Objects("variables").Index()) errors.RequiredText(variable, SpecPath.Child("variables").Index(i), "expression", "expression is not specified");
        foreach (var (i, condition) in spec.Objects("matchConditions").Index())
        {
            var path = SpecPath.Child("matchConditions").Index(i);
            errors.RequiredText(condition, path, "expression");
            if (errors.RequiredText(condition, path, "name")) errors.Invalid(path.Child("name"), condition.Text("name"), NameValidation.IsQualifiedName(condition.Text("name")!));
        }
        if (spec.Object("matchConstraints") is not { } constraints)
        {
            errors.Required(SpecPath.Child("matchConstraints"));
            return;
        }
        var at = SpecPath.Child("matchConstraints");
        if (constraints.List("resourceRules") is not { Count: > 0 }) errors.Required(at.Child("resourceRules"));
        foreach (var list in new[] { "resourceRules", "excludeResourceRules" })
        {
            foreach (var (i, rule) in constraints.Objects(list).Index()) Rule(rule, at.Child(list).Index(i), errors);
        }
    }

    private static void Webhook(JsonObject hook, FieldPath path, FieldErrors errors)
    {
        if (errors.RequiredText(hook, path, "name")) FullName(hook.Text("name")!, path.Child("name"), errors);
        foreach (var (i, rule) in hook.Objects("rules").Index()) Rule(rule, path.Child("rules").Index(i), errors);
        errors.OneOfIfSet(hook, path, "failurePolicy", "Fail", "Ignore");
        errors.OneOfIfSet(hook, path, "matchPolicy", "Equivalent", "Exact");
        if (string.IsNullOrEmpty(hook.Text("sideEffects"))) errors.Required(path.Child("sideEffects"), "must specify one of None, NoneOnDryRun");
        else errors.OneOf(hook, path, "sideEffects", "None", "NoneOnDryRun");
        MatchConditions(hook, path.Child("matchConditions"), errors);
        LabelSelectorValidation.Selector(hook.Object("namespaceSelector"), path.Child("namespaceSelector"), errors);
        LabelSelectorValidation.Selector(hook.Object("objectSelector"), path.Child("objectSelector"), errors);
        if (hook.Integer("timeoutSeconds") is { } seconds && seconds is > 30 or < 1) errors.Invalid(path.Child("timeoutSeconds"), hook.Integer("timeoutSeconds"), seconds > 30 ? "the timeout value must be between 1 and 30 seconds" : "the timeout value must be between 1 and 30 seconds");
        errors.OneOfIfSet(hook, path, "reinvocationPolicy", "IfNeeded", "Never");
        Client(hook.Object("clientConfig") ?? [], path.Child("clientConfig"), errors);
    }

    private static void MatchConditions(JsonObject hook, FieldPath path, FieldErrors errors)
    {
        var names = new HashSet<string>();
        foreach (var (i, condition) in hook.Objects("matchConditions").Index())
        {
            var at = path.Index(i);
            var (name, expression) = (condition.Text("name") ?? "", condition.Text("expression") ?? "");
            if (expression.Trim().Length == 0) errors.Required(at.Child("expression"));
            else if (new MatchCondition(expression).Problem is { } problem) errors.Invalid(at.Child("expression"), expression, problem);
            if (name.Length == 0) errors.Required(at.Child("name"));
            else if (!names.Add(name)) errors.Duplicate(at.Child("name"), name);
            else errors.Invalid(at.Child("name"), name, NameValidation.IsQualifiedName(name));
        }
    }

    private static void FullName(string name, FieldPath path, FieldErrors errors)
    {
        var wrong = NameValidation.IsDns1123Subdomain(name);
        errors.Invalid(path, name, wrong);
        if (wrong.Count == 0 && name.Split('.').Length < 3) errors.Invalid(path, name, "should be a domain with at least three segments separated by dots");
    }

    private static void Client(JsonObject client, FieldPath path, FieldErrors errors)
    {
        var (url, service) = (client.Text("url"), client.Object("service"));
        if ((url is null) == (service is null))
        {
            errors.Required(path, "exactly one of url or service is required");
            return;
        }
        if (url is not null)
        {
            Url(url, path.Child("url"), errors);
            return;
        }
        var at = path.Child("service");
        // Upstream names the two the other way round.
        if (string.IsNullOrEmpty(service!.Text("namespace"))) errors.Required(at.Child("name"));
        if (string.IsNullOrEmpty(service!.Text("name"))) errors.Required(at.Child("namespace"));
        if (service!.Integer("port") is { } port && !FieldRules.IsPort(port)) errors.Invalid(at.Child("port"), port, "port is not valid: must be between 1 and 65535, inclusive");
        if (service!.Text("path") is { Length: > 0 } servicePath && !servicePath.StartsWith('/')) errors.Invalid(at.Child("path"), servicePath, "must start with a '/'");
    }

    private static void Url(string url, FieldPath path, FieldErrors errors)
    {
        const string Form = "desired format: https://host[/path]";
        var scheme = url.IndexOf("://", StringComparison.Ordinal) is > 0 and var at ? url[..at] : "";
        var host = scheme.Length > 0 ? url[(scheme.Length + 3)..].Split('/', '?', '#')[0] : "";
        if (scheme != "https") errors.Invalid(path, scheme, $"'https' is the only allowed URL scheme; {Form}");
        if (host.Contains('@', StringComparison.Ordinal)) errors.Invalid(path, host[..host.LastIndexOf('@')], "user information is not permitted in the URL");
        if (url.IndexOf('#', StringComparison.Ordinal) is >= 0 and var fragment && fragment < url.Length - 1) errors.Invalid(path, url[(fragment + 1)..], "fragments are not permitted in the URL");
        if (host.Length == 0) errors.Invalid(path, host, $"host must be specified; {Form}");
    }

    private static void AdmissionVersions(JsonObject hook, FieldPath path, FieldErrors errors)
    {
        var versions = (hook.List("admissionReviewVersions") ?? []).Select(v => v?.ToString() ?? "").ToList();
        if (versions.Count == 0)
        {
            errors.Required(path, "must specify one of v1, v1beta1");
            return;
        }
        var seen = new HashSet<string>();
        foreach (var (i, version) in versions.Index())
        {
            if (!seen.Add(version)) errors.Invalid(path.Index(i), version, "duplicate version");
            else errors.Invalid(path.Index(i), version, NameValidation.IsDns1035Label(version));
        }
        if (!versions.Any(v => v is "v1" or "v1beta1")) errors.Invalid(path, hook["admissionReviewVersions"], "must include at least one of v1, v1beta1");
    }

    private static void Rule(JsonObject rule, FieldPath path, FieldErrors errors)
    {
        List<string> Texts(string list) => (rule.List(list) ?? []).Select(v => v?.ToString() ?? "").ToList();
        var operations = Texts("operations");
        if (operations.Count == 0) errors.Required(path.Child("operations"));
        if (operations.Count > 1 && operations.Contains("*")) errors.Invalid(path.Child("operations"), rule["operations"], "if '*' is present, must not specify other operations");
        foreach (var (i, operation) in operations.Index()) if (!Operations.Contains(operation)) errors.NotSupported(path.Child("operations").Index(i), operation, Operations);
        foreach (var list in new[] { "apiGroups", "apiVersions" })
        {
            var values = Texts(list);
            if (values.Count == 0) errors.Required(path.Child(list));
            if (values.Count > 1 && values.Contains("*")) errors.Invalid(path.Child(list), rule[list], $"if '*' is present, must not specify other API {(list == "apiGroups" ? "groups" : "versions")}");
            if (list == "apiVersions") foreach (var (i, value) in values.Index()) if (value.Length == 0) errors.Required(path.Child(list).Index(i));
        }
        Resources(Texts("resources"), rule, path.Child("resources"), errors);
        errors.OneOfIfSet(rule, path, "scope", "*", "Cluster", "Namespaced");
    }

    private static void Resources(List<string> resources, JsonObject rule, FieldPath path, FieldErrors errors)
    {
        if (resources.Count == 0) errors.Required(path);
        foreach (var (i, resource) in resources.Index()) if (resource.Length == 0) errors.Required(path.Index(i));
        if (resources.Count > 1 && resources.Contains("*/*")) errors.Invalid(path, rule["resources"], "if '*/*' is present, must not specify other resources");
        if (resources.Contains("*") && resources.Any(r => r != "*" && !r.Contains('/', StringComparison.Ordinal))) errors.Invalid(path, rule["resources"], "if '*' is present, must not specify other resources without subresources");
    }
}
