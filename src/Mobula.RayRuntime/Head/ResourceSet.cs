using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mobula.RayRuntime.Head;

/// <summary>Quantities of named resources, kept in ten-thousandths as Ray does, so that fractions add up exactly.</summary>
internal sealed class ResourceSet
{
    private const double Unit = 10_000;
    private readonly SortedDictionary<string, long> _amounts = new(StringComparer.Ordinal);

    public static ResourceSet From(JsonObject? o)
    {
        var set = new ResourceSet();
        foreach (var (name, value) in o ?? [])
            // Through the text: a node made from an integer does not give itself as a double.
            if (value?.GetValueKind() == JsonValueKind.Number && double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture) is not 0 and var d) set._amounts[name] = (long)Math.Round(d * Unit);
        return set;
    }

    public IEnumerable<string> Names => _amounts.Keys;
    public bool IsEmpty => _amounts.Count == 0;
    public double this[string name] => _amounts.GetValueOrDefault(name) / Unit;

    public ResourceSet Copy()
    {
        var copy = new ResourceSet();
        copy.Add(this);
        return copy;
    }

    public bool Fits(ResourceSet demand)
    {
        foreach (var (name, amount) in demand._amounts)
            if (_amounts.GetValueOrDefault(name) < amount) return false;
        return true;
    }

    public void Add(ResourceSet other)
    {
        foreach (var (name, amount) in other._amounts) _amounts[name] = _amounts.GetValueOrDefault(name) + amount;
    }

    public void Subtract(ResourceSet other)
    {
        foreach (var (name, amount) in other._amounts) _amounts[name] = _amounts.GetValueOrDefault(name) - amount;
    }

    /// <summary>The part that a worker gives back while it waits for objects: its processors.</summary>
    public ResourceSet Processors()
    {
        var part = new ResourceSet();
        if (_amounts.TryGetValue("CPU", out var cpu)) part._amounts["CPU"] = cpu;
        return part;
    }

    /// <summary>As JSON numbers; amounts not above zero are left out, as Ray's available_resources does.</summary>
    public JsonObject ToJson()
    {
        var o = new JsonObject();
        foreach (var (name, amount) in _amounts)
            if (amount > 0) o[name] = PythonJson.Float(amount / Unit);
        return o;
    }

    public override string ToString() => string.Join(',', _amounts.Select(a => $"{a.Key}:{a.Value}"));
}
