namespace Mobula.Controllers.Jobs;

/// <summary>The failures of a job since its last success: new pods wait 10 s, 20 s, 40 s and so on, up to 10 minutes.</summary>
/// <param name="Failures">How many.</param>
/// <param name="Last">When the last was.</param>
internal readonly record struct JobBackoff(int Failures, DateTimeOffset Last)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>How long to wait yet; zero or less when not.</summary>
    public TimeSpan Remaining(DateTimeOffset now) => Failures == 0 ? TimeSpan.Zero : Last + new Client.Backoff(First, Longest).After(Failures) - now;

    public JobBackoff With(JobPlan plan, DateTimeOffset now)
    {
        var start = plan.HasNewSuccess ? 0 : Failures;
        return plan.NewFailures.Count == 0
            ? new(start, Last)
            : new(start + plan.NewFailures.Count, new[] { plan.NewFailures.Max(), now }.Min());
    }
}
