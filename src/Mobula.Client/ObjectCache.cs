using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.Client;

/// <summary>
/// Objects by key and by index. Safe for many readers and one writer; what it returns is a snapshot. The objects are
/// shared: whoever wants to change one clones it first.
/// </summary>
public sealed class ObjectCache
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectKey, JsonObject> _objects = [];
    private readonly Dictionary<string, Index> _indexes = [];

    /// <summary>The name of the index by namespace.</summary>
    public const string NamespaceIndex = "namespace";

    /// <summary>The name of the index by the UIDs of owners.</summary>
    public const string OwnerIndex = "owner";

    /// <summary>Makes an empty cache with the indexes by namespace and by owner.</summary>
    public ObjectCache()
    {
        AddIndex(NamespaceIndex, o => o.Namespace is { } ns ? [ns] : []);
        AddIndex(OwnerIndex, o => o.Objects("metadata", "ownerReferences").Select(r => r.Text("uid")).OfType<string>());
    }

    /// <summary>The number of objects.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _objects.Count;
        }
    }

    /// <summary>Adds an index; objects that are there already enter it. An index of that name that exists is kept.</summary>
    /// <param name="name">The index's name.</param>
    /// <param name="values">The values under which an object is found.</param>
    public void AddIndex(string name, Func<JsonObject, IEnumerable<string>> values)
    {
        lock (_gate)
        {
            if (_indexes.ContainsKey(name)) return;
            var index = new Index(values);
            foreach (var (key, o) in _objects) index.Add(key, o);
            _indexes.Add(name, index);
        }
    }

    /// <summary>Adds an index by the value of a label and returns its name.</summary>
    public string AddLabelIndex(string label)
    {
        var name = $"label:{label}";
        AddIndex(name, o => o.Label(label) is { } value ? [value] : []);
        return name;
    }

    /// <summary>One object, or null.</summary>
    public JsonObject? Get(ObjectKey key)
    {
        lock (_gate) return _objects.GetValueOrDefault(key);
    }

    /// <summary>One object, or null.</summary>
    public JsonObject? Get(string? ns, string name) => Get(new ObjectKey(ns, name));

    /// <summary>All objects.</summary>
    public JsonObject[] List()
    {
        lock (_gate) return [.. _objects.Values];
    }

    /// <summary>The objects of a namespace.</summary>
    public JsonObject[] InNamespace(string ns) => Find(NamespaceIndex, ns);

    /// <summary>The objects that name an owner by its UID.</summary>
    public JsonObject[] OwnedBy(string uid) => Find(OwnerIndex, uid);

    /// <summary>The objects found under a value of an index.</summary>
    /// <exception cref="KeyNotFoundException">There is no index of that name.</exception>
    public JsonObject[] Find(string index, string value)
    {
        lock (_gate)
        {
            return _indexes[index].Keys(value) is { } keys ? [.. keys.Select(k => _objects[k])] : [];
        }
    }

    internal JsonObject? Set(JsonObject o)
    {
        var key = ObjectKey.Of(o);
        lock (_gate)
        {
            _objects.Remove(key, out var old);
            foreach (var index in _indexes.Values)
            {
                if (old is not null) index.Remove(key, old);
                index.Add(key, o);
            }
            _objects.Add(key, o);
            return old;
        }
    }

    internal JsonObject? Remove(ObjectKey key)
    {
        lock (_gate)
        {
            if (!_objects.Remove(key, out var old)) return null;
            foreach (var index in _indexes.Values) index.Remove(key, old);
            return old;
        }
    }

    internal ObjectKey[] Keys()
    {
        lock (_gate) return [.. _objects.Keys];
    }

    private sealed class Index(Func<JsonObject, IEnumerable<string>> values)
    {
        private readonly Dictionary<string, HashSet<ObjectKey>> _keys = [];

        public HashSet<ObjectKey>? Keys(string value) => _keys.GetValueOrDefault(value);

        public void Add(ObjectKey key, JsonObject o)
        {
            foreach (var value in values(o))
            {
                if (!_keys.TryGetValue(value, out var set)) _keys.Add(value, set = []);
                set.Add(key);
            }
        }

        public void Remove(ObjectKey key, JsonObject o)
        {
            foreach (var value in values(o))
            {
                if (_keys.TryGetValue(value, out var set) && set.Remove(key) && set.Count == 0) _keys.Remove(value);
            }
        }
    }
}
