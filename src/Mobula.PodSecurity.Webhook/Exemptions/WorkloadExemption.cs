namespace Mobula.PodSecurity.Webhook.Exemptions;

/// <summary>One workload that need not comply, for a while.</summary>
/// <param name="Id">Where it is written: <c>CONFIGMAP/KEY</c>.</param>
/// <param name="Namespace">The workload's namespace.</param>
/// <param name="Workload">The workload.</param>
/// <param name="Owner">Who answers for it.</param>
/// <param name="Reason">Why.</param>
/// <param name="Expires">The first moment at which it counts no more.</param>
/// <param name="ExpiresText">The end as it is written.</param>
internal sealed record WorkloadExemption(
    string Id, string Namespace, WorkloadReference Workload, string Owner, string Reason, DateTimeOffset Expires, string ExpiresText)
{
    /// <summary>How long before its end those who use it are told.</summary>
    public static readonly TimeSpan Notice = TimeSpan.FromDays(14);

    public bool IsExpired(DateTimeOffset now) => now >= Expires;

    public bool EndsSoon(DateTimeOffset now) => !IsExpired(now) && Expires - now <= Notice;
}

/// <summary>An entry that is no exemption, and why.</summary>
/// <param name="Id">Where it is written: <c>CONFIGMAP/KEY</c>.</param>
/// <param name="Problem">What is wrong, and how to write it.</param>
internal sealed record InvalidExemption(string Id, string Problem)
{
    public override string ToString() => $"exemption {Id}: {Problem}; it exempts nothing";
}
