namespace Mobula.Controllers.Workloads;

/// <summary>
/// Creates in batches of 1, 2, 4 and so on, and stops at the first batch that has a failure: what is refused once is
/// most likely refused always, and need not be tried a hundred times.
/// </summary>
internal static class SlowStart
{
    /// <summary>Runs the creation so many times at most.</summary>
    /// <returns>How many succeeded, and the first failure.</returns>
    public static async Task<(int Succeeded, Exception? Failure)> RunAsync(int count, Func<int, Task> create)
    {
        var succeeded = 0;
        for (int done = 0, batch = 1; done < count; batch *= 2)
        {
            var size = Math.Min(batch, count - done);
            var from = done;
            var tasks = Enumerable.Range(from, size).Select(async i =>
            {
                try
                {
                    await create(i).ConfigureAwait(false);
                    return null;
                }
                catch (Exception e) when (e is Kubernetes.StatusException or HttpRequestException or IOException)
                {
                    return e;
                }
            }).ToArray();
            var failures = await Task.WhenAll(tasks).ConfigureAwait(false);
            succeeded += failures.Count(f => f is null);
            if (failures.FirstOrDefault(f => f is not null) is { } failure) return (succeeded, failure);
            done += size;
        }
        return (succeeded, null);
    }
}
