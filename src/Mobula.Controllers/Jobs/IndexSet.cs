using System.Globalization;
using System.Text;

namespace Mobula.Controllers.Jobs;

/// <summary>A set of completion indexes, written like <c>0,2-4,7,8</c>.</summary>
internal static class IndexSet
{
    /// <summary>Reads a list; indexes from a bound on are left out, since the job may have shrunk.</summary>
    public static SortedSet<int> Parse(string? text, int below)
    {
        var set = new SortedSet<int>();
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var ends = part.Split('-');
            if (!int.TryParse(ends[0], CultureInfo.InvariantCulture, out var first)) continue;
            if (!int.TryParse(ends[^1], CultureInfo.InvariantCulture, out var last)) continue;
            for (var i = first; i <= last && i < below; i++) set.Add(i);
        }
        return set;
    }

    /// <summary>Writes a list: two neighbours as <c>1,2</c>, more as <c>1-3</c>.</summary>
    public static string Format(IEnumerable<int> indexes)
    {
        var text = new StringBuilder();
        int? first = null, last = null;
        foreach (var i in indexes.Order().Append(int.MaxValue))
        {
            if (last is not null && i == last + 1)
            {
                last = i;
                continue;
            }
            if (first is not null)
            {
                if (text.Length > 0) text.Append(',');
                text.Append(CultureInfo.InvariantCulture, $"{first}");
                if (last > first) text.Append(last == first + 1 ? ',' : '-').Append(CultureInfo.InvariantCulture, $"{last}");
            }
            first = last = i;
        }
        return text.ToString();
    }
}
