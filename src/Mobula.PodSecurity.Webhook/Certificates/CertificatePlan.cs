namespace Mobula.PodSecurity.Webhook.Certificates;

/// <summary>What is to be done about the certificates.</summary>
internal enum CertificateStep
{
    /// <summary>Nothing for now.</summary>
    Keep,

    /// <summary>Everything new: there is nothing that serves.</summary>
    IssueAll,

    /// <summary>A new serving certificate by the authority that is trusted.</summary>
    IssueServing,

    /// <summary>A second authority, made known before anything is signed by it.</summary>
    PrepareAuthority,

    /// <summary>The second authority is known everywhere: it signs from here on.</summary>
    ChangeAuthority,
}

/// <summary>What a plan is made of.</summary>
internal sealed record CertificateFacts
{
    /// <summary>When the signing authority ends; null: there is none that can be used.</summary>
    public DateTimeOffset? AuthorityEnd { get; init; }

    /// <summary>When the second authority was made; null: there is none.</summary>
    public DateTimeOffset? NextAuthorityMade { get; init; }

    /// <summary>When the serving certificate begins to be valid.</summary>
    public DateTimeOffset ServingStart { get; init; }

    /// <summary>When the serving certificate ends; null: there is none that can be used.</summary>
    public DateTimeOffset? ServingEnd { get; init; }

    /// <summary>Whether the signing authority signed it, and it is for the names needed.</summary>
    public bool ServingFits { get; init; }
}

/// <summary>The next step, and when to look again.</summary>
/// <param name="Step">What to do now.</param>
/// <param name="LookAgain">When the next step may be due, if nothing changes before.</param>
/// <param name="Why">The reason, for the log.</param>
internal readonly record struct CertificatePlan(CertificateStep Step, DateTimeOffset LookAgain, string Why)
{
    /// <summary>How long an authority lasts.</summary>
    public static readonly TimeSpan AuthorityLifetime = TimeSpan.FromDays(3650);

    /// <summary>How long before its end an authority is replaced.</summary>
    public static readonly TimeSpan AuthorityNotice = TimeSpan.FromDays(365);

    /// <summary>How long a serving certificate lasts.</summary>
    public static readonly TimeSpan ServingLifetime = TimeSpan.FromDays(90);

    /// <summary>How long before its end a serving certificate is replaced.</summary>
    public static readonly TimeSpan ServingNotice = TimeSpan.FromDays(30);

    /// <summary>How long a second authority is known before it signs: every API server has it by then.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromHours(1);

    /// <summary>Decides the next step. Pure.</summary>
    public static CertificatePlan Make(CertificateFacts facts, DateTimeOffset now)
    {
        if (facts.AuthorityEnd is not { } authorityEnd || authorityEnd <= now) return new(CertificateStep.IssueAll, now, facts.AuthorityEnd is null ? "there is no authority" : "the authority has ended");
        if (facts.ServingEnd is not { } servingEnd) return new(CertificateStep.IssueServing, now, "there is no serving certificate");
        if (!facts.ServingFits) return new(CertificateStep.IssueServing, now, "the serving certificate is of another authority or for other names");
        if (facts.NextAuthorityMade is { } made)
        {
            if (now >= made + Settling) return new(CertificateStep.ChangeAuthority, now, "the new authority is known everywhere");
            if (servingEnd > now + Settling) return new(CertificateStep.Keep, made + Settling, "the new authority is made known");
        }
        if (servingEnd - ServingNotice <= now) return new(CertificateStep.IssueServing, now, $"the serving certificate ends {servingEnd:yyyy-MM-dd}");
        if (facts.NextAuthorityMade is null && authorityEnd - AuthorityNotice <= now) return new(CertificateStep.PrepareAuthority, now, $"the authority ends {authorityEnd:yyyy-MM-dd}");
        var servingDue = servingEnd - ServingNotice;
        var authorityDue = authorityEnd - AuthorityNotice;
        return new(CertificateStep.Keep, servingDue < authorityDue ? servingDue : authorityDue, "all is valid");
    }
}
