namespace Mobula.Client;

/// <summary>A map that forgets the entry that was longest not used when it is full. Not safe for threads.</summary>
internal sealed class RecentlyUsed<TKey, TValue>(int capacity) where TKey : notnull where TValue : class
{
    private readonly Dictionary<TKey, LinkedListNode<(TKey Key, TValue Value)>> _nodes = [];
    private readonly LinkedList<(TKey Key, TValue Value)> _order = [];

    public TValue? Get(TKey key)
    {
        if (!_nodes.TryGetValue(key, out var node)) return null;
        _order.Remove(node);
        _order.AddFirst(node);
        return node.Value.Value;
    }

    public void Set(TKey key, TValue value)
    {
        if (_nodes.Remove(key, out var node)) _order.Remove(node);
        _nodes[key] = _order.AddFirst((key, value));
        if (_nodes.Count <= capacity) return;
        _nodes.Remove(_order.Last!.Value.Key);
        _order.RemoveLast();
    }
}
