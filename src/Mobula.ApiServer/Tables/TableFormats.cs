using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Selectors;

namespace Mobula.ApiServer.Tables;

/// <summary>The tables of the built-in resources: kubectl's columns. A new one is entered here, under resource and group.</summary>
internal static class TableFormats
{
    private static readonly Dictionary<string, TableFormat> ByResource = new(StringComparer.Ordinal)
    {
        ["pods"] = PodTable.Format,
        ["nodes"] = NodeTable.Format,
        ["services"] = ServiceTable.Format,
        ["namespaces"] = Make("Status Age", (o, now) => [o.Text("status", "phase"), Ages.Of(o, now)]),
        ["serviceaccounts"] = Make("Age", (o, now) => [Ages.Of(o, now)]),
        ["configmaps"] = Make("Data Age", (o, now) => [Count(o, "data") + Count(o, "binaryData"), Ages.Of(o, now)]),
        ["secrets"] = Make("Type Data Age", (o, now) => [o.Text("type") ?? "", Count(o, "data"), Ages.Of(o, now)]),
        ["events"] = EventTable.Format,
        ["events.events.k8s.io"] = EventTable.Format,
        ["endpoints"] = Make("Endpoints Age", (o, now) => [Endpoints(o), Ages.Of(o, now)]),
        ["endpointslices.discovery.k8s.io"] = Make("AddressType Ports Endpoints Age", (o, now) =>
            [o.Text("addressType"), Limit(o.Objects("ports").Select(p => p.Integer("port") is { } port ? Text(port) : "*"), "<unset>"),
             Limit(o.Objects("endpoints").SelectMany(e => e.Texts("addresses")), "<unset>"), Ages.Of(o, now)]),
        ["leases.coordination.k8s.io"] = Make("Holder Age", (o, now) => [o.Text("spec", "holderIdentity") ?? "", Ages.Of(o, now)]),
        ["deployments.apps"] = Make("Ready Up-to-date Available Age +Containers +Images +Selector", (o, now) =>
            [$"{Number(o, "status", "readyReplicas")}/{o.Integer("spec", "replicas") ?? 1}", Number(o, "status", "updatedReplicas"), Number(o, "status", "availableReplicas"),
             Ages.Of(o, now), .. ContainersAndImages(o), Selector(o)]),
        ["replicasets.apps"] = Make("Desired:integer Current:integer Ready:integer Age +Containers +Images +Selector", (o, now) =>
            [o.Integer("spec", "replicas") ?? 1, Number(o, "status", "replicas"), Number(o, "status", "readyReplicas"), Ages.Of(o, now), .. ContainersAndImages(o), Selector(o)]),
        ["statefulsets.apps"] = Make("Ready Age +Containers +Images", (o, now) =>
            [$"{Number(o, "status", "readyReplicas")}/{o.Integer("spec", "replicas") ?? 1}", Ages.Of(o, now), .. ContainersAndImages(o)]),
        ["daemonsets.apps"] = Make("Desired:integer Current:integer Ready:integer Up-to-date:integer Available:integer Node_Selector Age +Containers +Images +Selector", (o, now) =>
            [Number(o, "status", "desiredNumberScheduled"), Number(o, "status", "currentNumberScheduled"), Number(o, "status", "numberReady"), Number(o, "status", "updatedNumberScheduled"),
             Number(o, "status", "numberAvailable"), Labels(o.Object("spec", "template", "spec", "nodeSelector")), Ages.Of(o, now), .. ContainersAndImages(o), Selector(o)]),
        ["jobs.batch"] = Make("Status Completions Duration Age +Containers +Images +Selector", (o, now) =>
            [JobTable.Status(o), JobTable.Completions(o), JobTable.Duration(o, now), Ages.Of(o, now), .. ContainersAndImages(o), Selector(o)]),
        ["cronjobs.batch"] = Make("Schedule Timezone Suspend:boolean Active:integer Last_Schedule Age +Containers +Images +Selector", (o, now) =>
            [o.Text("spec", "schedule"), o.Text("spec", "timeZone") ?? "<none>", o.Flag("spec", "suspend") == true ? "True" : "False", o.Objects("status", "active").Count(),
             o.Text("status", "lastScheduleTime") is { } last ? Ages.Since(last, now) : "<none>", Ages.Of(o, now),
             .. ContainersAndImages(o.Object("spec", "jobTemplate") ?? []), "<none>"]),
        ["rolebindings.rbac.authorization.k8s.io"] = Bindings,
        ["clusterrolebindings.rbac.authorization.k8s.io"] = Bindings,
        ["networkpolicies.networking.k8s.io"] = Make("Pod-Selector Age", (o, now) => [SelectorText(o.Object("spec", "podSelector")), Ages.Of(o, now)]),
        ["poddisruptionbudgets.policy"] = Make("Min_Available Max_Unavailable Allowed_Disruptions:integer Age", (o, now) =>
            [o.At("spec", "minAvailable")?.ToString() ?? "N/A", o.At("spec", "maxUnavailable")?.ToString() ?? "N/A", Number(o, "status", "disruptionsAllowed"), Ages.Of(o, now)]),
        ["priorityclasses.scheduling.k8s.io"] = Make("Value:integer Global-Default:boolean Age PreemptionPolicy", (o, now) =>
            [o.Integer("value") ?? 0, o.Flag("globalDefault") ?? false, Ages.Of(o, now), o.Text("preemptionPolicy") ?? "PreemptLowerPriority"]),
        ["storageclasses.storage.k8s.io"] = Make("Provisioner ReclaimPolicy VolumeBindingMode AllowVolumeExpansion Age", (o, now) =>
            [o.Text("provisioner"), o.Text("reclaimPolicy") ?? "Delete", o.Text("volumeBindingMode") ?? "Immediate", o.Flag("allowVolumeExpansion") ?? false, Ages.Of(o, now)]),
        ["persistentvolumes"] = StorageTables.Volumes,
        ["persistentvolumeclaims"] = StorageTables.Claims,
        ["volumeattachments.storage.k8s.io"] = StorageTables.Attachments,
        ["csidrivers.storage.k8s.io"] = StorageTables.Drivers,
        ["csinodes.storage.k8s.io"] = StorageTables.DriverNodes,
        ["csistoragecapacities.storage.k8s.io"] = StorageTables.Capacities,
        ["volumeattributesclasses.storage.k8s.io"] = Make("DriverName Age", (o, now) => [o.Text("driverName"), Ages.Of(o, now)]),
        ["resourcequotas"] = PolicyTables.Quotas,
        ["validatingwebhookconfigurations.admissionregistration.k8s.io"] = PolicyTables.Webhooks,
        ["mutatingwebhookconfigurations.admissionregistration.k8s.io"] = PolicyTables.Webhooks,
        ["validatingadmissionpolicies.admissionregistration.k8s.io"] = PolicyTables.ValidatingPolicies,
        ["validatingadmissionpolicybindings.admissionregistration.k8s.io"] = PolicyTables.PolicyBindings,
        ["mutatingadmissionpolicies.admissionregistration.k8s.io"] = PolicyTables.MutatingPolicies,
        ["mutatingadmissionpolicybindings.admissionregistration.k8s.io"] = PolicyTables.PolicyBindings,
        ["flowschemas.flowcontrol.apiserver.k8s.io"] = PolicyTables.FlowSchemas,
        ["prioritylevelconfigurations.flowcontrol.apiserver.k8s.io"] = PolicyTables.PriorityLevels,
        ["certificatesigningrequests.certificates.k8s.io"] = PolicyTables.CertificateRequests,
        ["replicationcontrollers"] = Make("Desired:integer Current:integer Ready:integer Age +Containers +Images +Selector", (o, now) =>
            [o.Integer("spec", "replicas") ?? 1, Number(o, "status", "replicas"), Number(o, "status", "readyReplicas"), Ages.Of(o, now), .. ContainersAndImages(o), Labels(o.Object("spec", "selector"))]),
        ["podtemplates"] = Make("Containers Images Pod_Labels", (o, _) =>
            [string.Join(',', o.Objects("template", "spec", "containers").Select(c => c.Text("name"))), string.Join(',', o.Objects("template", "spec", "containers").Select(c => c.Text("image"))),
             Labels(o.Object("template", "metadata", "labels"))]),
        ["controllerrevisions.apps"] = Make("Controller Revision:integer Age", (o, now) =>
            [Controller(o), Number(o, "revision"), Ages.Of(o, now)]),
        ["ingressclasses.networking.k8s.io"] = Make("Controller Parameters Age", (o, now) =>
            [o.Text("spec", "controller"), IngressParameters(o.Object("spec", "parameters")), Ages.Of(o, now)]),
        ["servicecidrs.networking.k8s.io"] = Make("CIDRs Age", (o, now) => [string.Join(',', o.Texts("spec", "cidrs")), Ages.Of(o, now)]),
        ["ipaddresses.networking.k8s.io"] = Make("ParentRef", (o, _) => [ParentReference(o.Object("spec", "parentRef"))]),
        ["runtimeclasses.node.k8s.io"] = Make("Handler Age", (o, now) => [o.Text("handler"), Ages.Of(o, now)]),
        ["customresourcedefinitions.apiextensions.k8s.io"] = Make("Scope Versions Created_At:date +Group +Kind +ShortNames +Established:boolean", (o, _) =>
            [o.Text("spec", "scope"), string.Join(',', o.Objects("spec", "versions").Select(DefinedVersion)), o.Text("metadata", "creationTimestamp"), o.Text("spec", "group"),
             o.Text("spec", "names", "kind"), string.Join(',', o.Texts("spec", "names", "shortNames")),
             o.Objects("status", "conditions").Any(c => c.Text("type") == "Established" && c.Text("status") == "True")]),
        ["ingresses.networking.k8s.io"] = IngressTable.Format,
        ["horizontalpodautoscalers.autoscaling"] = AutoscalerTable.Format,
    };

    private static TableFormat Bindings => Make("Role Age +Users +Groups +ServiceAccounts", (o, now) =>
        [$"{o.Text("roleRef", "kind")}/{o.Text("roleRef", "name")}", Ages.Of(o, now), Subjects(o, "User"), Subjects(o, "Group"), Subjects(o, "ServiceAccount")]);

    /// <summary>The table of a resource; name and time of creation where there is none of its own.</summary>
    public static TableFormat Find(GroupVersionResource resource) => ByResource.GetValueOrDefault(resource.QualifiedName, TableFormat.Default);

    /// <summary>A table whose first column is the name.</summary>
    /// <param name="columns">The other columns: <c>+</c> before those of priority 1, <c>_</c> for a blank, the type after a colon where it is not <c>string</c>.</param>
    /// <param name="cells">Their cells.</param>
    public static TableFormat Make(string columns, Func<JsonObject, DateTimeOffset, JsonNode?[]> cells) => new(
        [TableColumn.ObjectName, .. columns.Split(' ').Select(c =>
        {
            var parts = c.TrimStart('+').Split(':');
            return new TableColumn(parts[0].Replace('_', ' '), parts.ElementAtOrDefault(1) ?? "string", "", c[0] == '+' ? 1 : 0);
        })],
        (o, now) => new JsonArray([JsonValue.Create(o.Name), .. cells(o, now)]));

    public static string Labels(JsonObject? labels) =>
        labels is { Count: > 0 } ? string.Join(',', labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}")) : "<none>";

    private static string DefinedVersion(JsonObject version)
    {
        var marks = new List<string>();
        if (version.Flag("storage") == true) marks.Add("storage");
        if (version.Flag("served") == false) marks.Add("unserved");
        if (version.Flag("deprecated") == true) marks.Add("deprecated");
        return marks.Count == 0 ? version.Text("name") ?? "" : $"{version.Text("name")}({string.Join(',', marks)})";
    }

    private static long Number(JsonObject o, params string[] path) => o.Integer(path) ?? 0;

    private static int Count(JsonObject o, string member) => o.Object(member)?.Count ?? 0;

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static JsonNode?[] ContainersAndImages(JsonObject o)
    {
        var containers = o.Objects("spec", "template", "spec", "containers").ToList();
        return [string.Join(',', containers.Select(c => c.Text("name"))), string.Join(',', containers.Select(c => c.Text("image")))];
    }

    private static string Controller(JsonObject o) =>
        o.Objects("metadata", "ownerReferences").FirstOrDefault(r => r.Flag("controller") == true) is { } owner ? Typed(owner.Text("apiVersion"), owner.Text("kind"), owner.Text("name")) : "<none>";

    private static string IngressParameters(JsonObject? parameters) =>
        parameters is null ? "<none>" : Typed(parameters.Text("apiGroup"), parameters.Text("kind"), parameters.Text("name"));

    private static string ParentReference(JsonObject? reference) => reference is null ? "<none>"
        : string.Join('/', new[] { reference.Text("resource") + (reference.Text("group") is { Length: > 0 } group ? "." + group : ""), reference.Text("namespace"), reference.Text("name") }.Where(p => p is { Length: > 0 }));

    /// <summary>An object as <c>kind.group/name</c>, the kind in lower case.</summary>
    private static string Typed(string? groupOrVersion, string? kind, string? name)
    {
        var group = groupOrVersion?.Split('/') is { Length: > 1 } parts ? parts[0] : groupOrVersion == "v1" ? "" : groupOrVersion ?? "";
        return $"{kind?.ToLowerInvariant()}{(group.Length > 0 ? "." + group : "")}/{name}";
    }

    private static string Selector(JsonObject o) => SelectorText(o.Object("spec", "selector"));

    private static string SelectorText(JsonObject? selector)
    {
        var text = LabelSelector.From(selector).ToString();
        return text.Length == 0 ? "<none>" : text;
    }

    private static string Subjects(JsonObject o, string kind) => string.Join(", ", o.Objects("subjects").Where(s => s.Text("kind") == kind)
        .Select(s => kind == "ServiceAccount" ? $"{s.Text("namespace")}/{s.Text("name")}" : s.Text("name")));

    private static string Endpoints(JsonObject o)
    {
        var all = o.Objects("subsets").SelectMany(s => s.Objects("addresses").SelectMany(a => s.Objects("ports").Any()
            ? s.Objects("ports").Select(p => $"{a.Text("ip")}:{p.Integer("port")}") : [a.Text("ip") ?? ""]));
        return Limit(all, "<none>");
    }

    private static string Limit(IEnumerable<string> texts, string none)
    {
        var list = texts.ToList();
        if (list.Count == 0) return none;
        return list.Count <= 3 ? string.Join(',', list) : $"{string.Join(',', list.Take(3))} + {list.Count - 3} more...";
    }
}
