using System.Buffers;

namespace Mobula.PodSecurity.Evaluation;

/// <summary>A list that begins in the caller's memory and moves to pooled arrays when that is full. Dispose of it once.</summary>
internal ref struct PooledList<T>(Span<T> initial) where T : unmanaged
{
    private Span<T> _items = initial;
    private T[]? _rented;

    public int Count { get; private set; }

    public readonly Span<T> Items => _items[..Count];

    public void Add(T item)
    {
        if (Count == _items.Length) Grow(1);
        _items[Count++] = item;
    }

    public void AddAll(scoped ReadOnlySpan<T> items)
    {
        if (items.Length > _items.Length - Count) Grow(items.Length);
        items.CopyTo(_items[Count..]);
        Count += items.Length;
    }

    /// <summary>Memory behind the items for at least this many more; <see cref="Advance"/> makes them items.</summary>
    public Span<T> Reserve(int more)
    {
        if (more > _items.Length - Count) Grow(more);
        return _items[Count..];
    }

    public void Advance(int more) => Count += more;

    /// <summary>Keeps the first items only.</summary>
    public void Truncate(int count) => Count = count;

    public void Dispose()
    {
        if (_rented is null) return;
        ArrayPool<T>.Shared.Return(_rented);
        _rented = null;
    }

    private void Grow(int more)
    {
        var larger = ArrayPool<T>.Shared.Rent(Math.Max(Count + more, 2 * Count));
        Items.CopyTo(larger);
        Dispose();
        _items = _rented = larger;
    }
}
