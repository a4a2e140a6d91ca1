using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>Jobs and the schedules that make them.</summary>
internal static class JobValidation
{
    private const int MaxIndexedParallelism = 100_000;
    private const int CronJobNameBytes = 52;

    private static readonly FieldPath SpecPath = FieldPath.Of("spec");
    private static readonly string[] FailureActions = ["Count", "FailIndex", "FailJob", "Ignore"];

    public static void Job(JsonObject o, FieldErrors errors)
    {
        var spec = o.Object("spec") ?? [];
        Spec(spec, SpecPath, errors);
        var selector = spec.Object("selector");
        if (selector is null) errors.Required(SpecPath.Child("selector"));
        else LabelSelectorValidation.Selector(selector, SpecPath.Child("selector"), errors);
        if (LabelSelectorValidation.IsUsable(selector) && !LabelSelectorValidation.Matches(selector, spec.Object("template", "metadata", "labels")))
        {
            PodTemplateValidation.Mismatch(spec.Object("template", "metadata", "labels"), SpecPath.Child("template"), errors);
        }
        if (spec.Text("completionMode") != "Indexed" || spec.Integer("completions") is not > 0 and not null || spec.Integer("completions") is not { } completions) return;
        var last = $"{o.Name}-{completions - 1}";
        if (NameValidation.IsDns1123Label(last).Count > 0 && o.Name.Length > 0) errors.Invalid(FieldPath.Of("metadata", "name"), o.Name, $"will not able to create pod with invalid DNS label: {last}");
    }

    public static void CronJob(JsonObject o, FieldErrors errors)
    {
        var spec = o.Object("spec") ?? [];
        var schedule = spec.Text("schedule") ?? "";
        var template = SpecPath.Child("jobTemplate", "spec");
        var job = spec.Object("jobTemplate", "spec") ?? [];
        if (schedule.Length > 0 && CronSchedule.Problem(schedule, spec.Text("timeZone")) is { } wrong) errors.Invalid(SpecPath.Child("schedule"), schedule, wrong);
        errors.NonNegative(spec, SpecPath, "startingDeadlineSeconds");
        if (spec.Text("timeZone") is { } zone && TimeZoneProblem(zone) is { } unknown) errors.Invalid(SpecPath.Child("timeZone"), zone, unknown);
        errors.OneOf(spec, SpecPath, "concurrencyPolicy", "Allow", "Forbid", "Replace");
        Spec(job, template, errors);
        if (job.Flag("manualSelector") == true) errors.NotSupported(template.Child("manualSelector"), true, "nil", "false");
        errors.NonNegative(spec, SpecPath, "successfulJobsHistoryLimit");
        errors.NonNegative(spec, SpecPath, "failedJobsHistoryLimit");
        if (schedule.Length == 0) errors.Required(SpecPath.Child("schedule"));
        if (o.Name.Length > CronJobNameBytes) errors.Invalid(FieldPath.Of("metadata", "name"), o.Name, NameValidation.MaxCharacters(CronJobNameBytes));
    }

    /// <summary>A new Job finds its own pods: their labels name it, and its selector asks for no more than they have.</summary>
    public static void OwnSelector(JsonObject o, FieldErrors errors)
    {
        var spec = o.Object("spec") ?? [];
        if (spec.Flag("manualSelector") == true) return;
        var labels = spec.Object("template", "metadata", "labels") ?? [];
        var expected = new Dictionary<string, string>
        {
            ["batch.kubernetes.io/controller-uid"] = o.Uid, ["batch.kubernetes.io/job-name"] = o.Name, ["controller-uid"] = o.Uid, ["job-name"] = o.Name,
        };
        foreach (var (name, value) in expected)
        {
            var path = SpecPath.Child("template", "metadata", "labels").Key(name);
            if (labels.Text(name) is not { } present) errors.Required(path, $"must be '{value}'");
            else if (present != value) errors.InvalidRaw(path, FieldError.Print(labels), $"must be '{value}'");
        }
        var own = new JsonObject { ["matchLabels"] = new JsonObject { ["batch.kubernetes.io/controller-uid"] = o.Uid } };
        if (!JsonNode.DeepEquals(spec["selector"], own)) errors.InvalidRaw(SpecPath.Child("selector"), LabelSelectorValidation.Print(spec["selector"]), "`selector` not auto-generated");
    }

    private static void Spec(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        foreach (var field in new[] { "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished", "backoffLimitPerIndex", "maxFailedIndexes" }) errors.NonNegative(spec, path, field);
        if (spec.Text("managedBy") is { } manager && !FieldRules.IsDomainPrefixedPath(manager)) errors.Invalid(path.Child("managedBy"), manager, "must be a domain-prefixed path (such as \"acme.io/foo\")");
        Completion(spec, path, errors);
        if (spec.Object("podFailurePolicy") is { } failure) FailurePolicy(failure, spec, path.Child("podFailurePolicy"), errors);
        if (spec.Object("successPolicy") is { } success)
        {
            if (spec.Text("completionMode") == "Indexed") SuccessPolicy(success, spec, path.Child("successPolicy"), errors);
            else errors.InvalidRaw(path.Child("successPolicy"), InternalForm.Print("SuccessPolicy", success), "requires indexed completion mode");
        }
        if (spec.Object("podFailurePolicy") is not null && spec.Text("podReplacementPolicy") == "TerminatingOrFailed") errors.NotSupported(path.Child("podReplacementPolicy"), "TerminatingOrFailed", "Failed");
        else errors.OneOfIfSet(spec, path, "podReplacementPolicy", "Failed", "TerminatingOrFailed");
        var template = path.Child("template");
        PodTemplateValidation.Check(spec.Object("template"), template, errors);
        Restarts(spec, template, errors);
    }

    private static void Completion(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        if (spec.Text("completionMode") is not { } mode) return;
        if (mode is not ("NonIndexed" or "Indexed")) errors.NotSupported(path.Child("completionMode"), mode, "NonIndexed", "Indexed");
        if (mode == "Indexed")
        {
            if (spec.Integer("completions") is null) errors.Required(path.Child("completions"), "when completion mode is Indexed");
            if (spec.Integer("parallelism") is > MaxIndexedParallelism and var parallelism) errors.Invalid(path.Child("parallelism"), parallelism, $"must be less than or equal to {MaxIndexedParallelism} when completion mode is Indexed");
            if (spec.Integer("completions") is { } completions && spec.Integer("maxFailedIndexes") is { } failed && failed > completions) errors.Invalid(path.Child("maxFailedIndexes"), failed, "must be less than or equal to completions");
        }
        else if (mode == "NonIndexed")
        {
            if (spec.Integer("backoffLimitPerIndex") is { } limit) errors.Invalid(path.Child("backoffLimitPerIndex"), limit, "requires indexed completion mode");
            if (spec.Integer("maxFailedIndexes") is { } indexes) errors.Invalid(path.Child("maxFailedIndexes"), indexes, "requires indexed completion mode");
        }
    }

    private static void Restarts(JsonObject spec, FieldPath template, FieldErrors errors)
    {
        var restart = spec.Text("template", "spec", "restartPolicy") ?? "";
        var at = template.Child("spec", "restartPolicy");
        if (restart is "" or "Always") errors.Required(at, "valid values: \"OnFailure\", \"Never\"");
        else if (restart is not ("OnFailure" or "Never")) errors.NotSupported(at, restart, "OnFailure", "Never");
        else if (spec.Object("podFailurePolicy") is not null && restart != "Never") errors.Invalid(at, restart, "only \"Never\" is supported when podFailurePolicy is specified");
    }

    private static void FailurePolicy(JsonObject policy, JsonObject spec, FieldPath path, FieldErrors errors)
    {
        var names = new[] { "containers", "initContainers" }.SelectMany(l => spec.Objects("template", "spec", l)).Select(c => c.Text("name")).ToHashSet();
        foreach (var (i, rule) in policy.Objects("rules").Index())
        {
            var at = path.Child("rules").Index(i);
            var action = rule.Text("action") ?? "";
            if (action.Length == 0) errors.Required(at.Child("action"), $"valid values: [{string.Join(' ', FailureActions.Select(GoText.Quote))}]");
            else if (action == "FailIndex" && spec["backoffLimitPerIndex"] is null) errors.Invalid(at.Child("action"), action, "requires the backoffLimitPerIndex to be set");
            else errors.OneOf(rule, at, "action", FailureActions);
            if (rule.Object("onExitCodes") is { } codes) ExitCodes(codes, names, at.Child("onExitCodes"), errors);
            foreach (var (j, condition) in rule.Objects("onPodConditions").Index())
            {
                var place = at.Child("onPodConditions").Index(j);
                if (rule.Object("onExitCodes") is not null) break;
                errors.Invalid(place.Child("type"), condition.Text("type") ?? "", NameValidation.IsQualifiedName(condition.Text("type") ?? ""));
                if (string.IsNullOrEmpty(condition.Text("status"))) errors.Required(place.Child("status"), "valid values: [\"False\" \"True\" \"Unknown\"]");
                else errors.OneOf(condition, place, "status", "False", "True", "Unknown");
            }
            var both = rule.Object("onExitCodes") is not null && rule.List("onPodConditions") is { Count: > 0 };
            if (both) errors.Add(FieldError.InvalidWithoutValue(at, "") with { Message = "Invalid value: specifying both OnExitCodes and OnPodConditions is not supported" });
            if (rule.Object("onExitCodes") is null && rule.List("onPodConditions") is not { Count: > 0 }) errors.Add(FieldError.InvalidWithoutValue(at, "specifying one of OnExitCodes and OnPodConditions is required"));
        }
    }

    private static void ExitCodes(JsonObject codes, HashSet<string?> containers, FieldPath path, FieldErrors errors)
    {
        var op = codes.Text("operator") ?? "";
        if (op.Length == 0) errors.Required(path.Child("operator"), "valid values: [\"In\" \"NotIn\"]");
        else errors.OneOf(codes, path, "operator", "In", "NotIn");
        if (codes.Text("containerName") is { } name && !containers.Contains(name)) errors.Invalid(path.Child("containerName"), name, "must be one of the container or initContainer names in the pod template");
        var at = path.Child("values");
        if (codes.List("values") is not { Count: > 0 } values)
        {
            errors.Invalid(at, codes["values"]?.DeepClone() ?? new JsonArray(), "at least one value is required");
            return;
        }
        var numbers = values.Select(v => new JsonObject { ["v"] = v?.DeepClone() }.Integer("v") ?? 0).ToList();
        var seen = new HashSet<long>();
        foreach (var (i, number) in numbers.Index())
        {
            if (op == "In" && number == 0) errors.Invalid(at.Index(i), number, "must not be 0 for the In operator");
            if (!seen.Add(number)) errors.Duplicate(at.Index(i), number);
        }
        if (!numbers.SequenceEqual(numbers.Order())) errors.Invalid(at, values, "must be ordered");
    }

    private static void SuccessPolicy(JsonObject policy, JsonObject spec, FieldPath path, FieldErrors errors)
    {
        var completions = spec.Integer("completions") ?? 0;
        if (policy.List("rules") is not { Count: > 0 }) errors.Required(path.Child("rules"), "at least one rules must be specified when the successPolicy is specified");
        foreach (var (i, rule) in policy.Objects("rules").Index())
        {
            var at = path.Child("rules").Index(i);
            var (indexes, count) = (rule.Text("succeededIndexes"), rule.Integer("succeededCount"));
            if (indexes is null && count is null)
            {
                errors.Required(at, "at least one of succeededCount or succeededIndexes must be specified");
                continue;
            }
            long total = 0;
            if (indexes is not null && CountIndexes(indexes, completions, out total) is { } wrong) errors.Invalid(at.Child("succeededIndexes"), indexes, $"error parsing succeededIndexes: {wrong}");
            if (count is not { } wanted) continue;
            errors.NonNegative(rule, at, "succeededCount");
            if (wanted > completions) errors.Invalid(at.Child("succeededCount"), wanted, $"must be less than or equal to {completions} (the number of specified completions)");
            if (indexes is not null && wanted > total) errors.Invalid(at.Child("succeededCount"), wanted, $"must be less than or equal to {total} (the number of indexes in the specified succeededIndexes field)");
        }
    }

    private static string? CountIndexes(string text, long completions, out long total)
    {
        total = 0;
        long? before = null;
        var sum = 0L;
        foreach (var interval in text.Split(','))
        {
            var limits = interval.Split('-');
            if (limits.Length > 2) return $"the fragment {GoText.Quote(interval)} violates the requirement that an index interval can have at most two parts separated by '-'";
            var ends = new List<long>();
            foreach (var limit in limits)
            {
                if (!int.TryParse(limit, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) return $"cannot convert string to integer for index: {GoText.Quote(limit)}";
                if (number >= completions) return $"too large index: {GoText.Quote(limit)}";
                ends.Add(number);
            }
            if (before >= ends[0]) return $"non-increasing order, previous: {before}, current: {ends[0]}";
            if (ends.Count == 2 && ends[0] >= ends[1]) return $"non-increasing order, previous: {ends[0]}, current: {ends[1]}";
            sum += ends[^1] - ends[0] + 1;
            before = ends[^1];
        }
        total = sum;
        return null;
    }

    private static string? TimeZoneProblem(string zone)
    {
        if (zone.Length == 0) return "timeZone must be nil or non-empty string";
        if (zone == "Local") return "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
        return zone == "UTC" || TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _) ? null : $"unknown time zone {zone}";
    }
}
