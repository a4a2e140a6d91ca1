using Microsoft.Extensions.Time.Testing;

namespace Mobula.Client.Tests;

public sealed class WorkQueueTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    [Fact]
    public async Task Key_that_waits_is_worked_on_once()
    {
        using var queue = new WorkQueue<string>(_time);
        var worked = new List<string>();
        queue.Add("a");
        queue.Add("b");
        queue.Add("a");
        var running = queue.RunAsync(1, (key, _) => { worked.Add(key); return Task.CompletedTask; }, _stop.Token);
        await Eventually.HoldsAsync(() => queue.Count == 0 && worked.Count >= 2);
        await _stop.CancelAsync();
        await running;
        Assert.Equal(["a", "b"], worked);
    }

    [Fact]
    public async Task Key_added_during_its_work_is_worked_on_again_and_never_at_once()
    {
        using var queue = new WorkQueue<int>(_time);
        var active = new int[4];
        var overlaps = 0;
        var done = new int[4];
        var running = queue.RunAsync(8, async (key, _) =>
        {
            if (Interlocked.Increment(ref active[key]) > 1) Interlocked.Increment(ref overlaps);
            await Task.Yield();
            done[key]++;
            Interlocked.Decrement(ref active[key]);
        }, _stop.Token);
        for (var i = 0; i < 4000; i++) queue.Add(i % 4);
        await Eventually.HoldsAsync(() => queue.Count == 0);
        for (var key = 0; key < 4; key++)
        {
            var before = done[key];
            queue.Add(key);
            await Eventually.HoldsAsync(() => done[key] > before);
        }
        await _stop.CancelAsync();
        await running;
        Assert.Equal(0, overlaps);
    }

    [Fact]
    public void Failures_double_the_wait_until_forgotten()
    {
        using var queue = new WorkQueue<string>(_time);
        Assert.Equal([5, 10, 20, 40], Enumerable.Range(0, 4).Select(_ => queue.AddAfterFailure("a").TotalMilliseconds));
        Assert.Equal(5, queue.AddAfterFailure("b").TotalMilliseconds);
        queue.Forget("a");
        Assert.Equal(5, queue.AddAfterFailure("a").TotalMilliseconds);
        for (var i = 0; i < 60; i++) queue.AddAfterFailure("c");
        Assert.Equal(1000, queue.AddAfterFailure("c").TotalSeconds);
    }

    [Fact]
    public void Of_two_delays_the_first_to_end_holds()
    {
        using var queue = new WorkQueue<string>(_time);
        queue.AddAfter("a", TimeSpan.FromSeconds(10));
        queue.AddAfter("a", TimeSpan.FromSeconds(3));
        queue.AddAfter("a", TimeSpan.FromSeconds(5));
        queue.AddAfter("b", TimeSpan.FromSeconds(4));
        _time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.Equal(0, queue.Count);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(1, queue.Count);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, queue.Count);
    }

    [Fact]
    public async Task Loop_brings_a_failed_key_back_and_others_go_on()
    {
        var errors = 0;
        var worked = new List<string>();
        using var loop = new ControlLoop("test", (key, _) =>
        {
            lock (worked) worked.Add(key.Name);
            return key.Name == "bad" && worked.Count(n => n == "bad") < 3 ? throw new InvalidOperationException("boom") : Task.FromResult<TimeSpan?>(null);
        }, _time) { OnError = (_, _, _) => errors++ };
        loop.Enqueue(new("ns", "bad"));
        loop.Enqueue(new("ns", "good"));
        var running = loop.RunAsync(1, _stop.Token);
        await Eventually.HoldsAsync(() => worked.Count == 4, () => _time.Advance(TimeSpan.FromMilliseconds(1)));
        Assert.Equal(2, errors);
        Assert.Contains("good", worked);
        await _stop.CancelAsync();
        await running;
    }
}
