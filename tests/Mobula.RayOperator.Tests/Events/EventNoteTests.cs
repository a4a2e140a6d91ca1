using System.Text;
using Mobula.RayOperator.Events;

namespace Mobula.RayOperator.Tests.Events;

public sealed class EventNoteTests
{
    [Theory]
    [InlineData("x", 1024, false)]
    [InlineData("x", 1025, true)]
    [InlineData("ü", 600, true)]
    [InlineData("😀", 300, true)]
    public void Note_is_cut_where_the_api_server_would_refuse_it(string letter, int count, bool isCut)
    {
        var note = EventReporter.Shorten(string.Concat(Enumerable.Repeat(letter, count)));

        Assert.InRange(Encoding.UTF8.GetByteCount(note), 1018, 1024);
        Assert.Equal(isCut, note.EndsWith('…'));
        Assert.DoesNotContain('\uFFFD', Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(note)));
    }
}
