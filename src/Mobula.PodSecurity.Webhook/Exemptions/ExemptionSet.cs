using System.Text.Json.Nodes;

namespace Mobula.PodSecurity.Webhook.Exemptions;

/// <summary>What all ConfigMaps say, by namespace.</summary>
internal sealed class ExemptionSet
{
    private readonly Dictionary<string, List<WorkloadExemption>> _byNamespace = new(StringComparer.Ordinal);

    public static ExemptionSet Empty { get; } = new([]);

    public ExemptionSet(IEnumerable<JsonObject> configMaps)
    {
        List<InvalidExemption> invalid = [];
        foreach (var (exemptions, problems) in configMaps.Select(ExemptionReader.Read))
        {
            foreach (var exemption in exemptions)
            {
                if (!_byNamespace.TryGetValue(exemption.Namespace, out var list)) _byNamespace[exemption.Namespace] = list = [];
                list.Add(exemption);
            }
            invalid.AddRange(problems);
        }
        Invalid = invalid;
    }

    public IEnumerable<WorkloadExemption> All => _byNamespace.Values.SelectMany(l => l);

    public IReadOnlyList<InvalidExemption> Invalid { get; }

    /// <summary>Whether any entry, expired or not, is for the namespace. Mostly none is, and then nobody asks for owners.</summary>
    public bool Concerns(string ns) => _byNamespace.ContainsKey(ns);

    /// <summary>The entry that counts for one of the workloads: an active one before an expired one, the one that lasts longest first.</summary>
    /// <param name="ns">Their namespace.</param>
    /// <param name="workloads">A workload and those that own it.</param>
    public WorkloadExemption? Find(string ns, IReadOnlyList<WorkloadReference> workloads) =>
        _byNamespace.TryGetValue(ns, out var list) ? list.Where(e => workloads.Contains(e.Workload)).MaxBy(e => e.Expires) : null;
}
