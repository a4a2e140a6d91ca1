namespace Mobula.Controllers.Scheduling;

/// <summary>Where a pod goes, or why it goes nowhere.</summary>
/// <param name="NodeName">The node; null when none will do.</param>
/// <param name="Message">Why none will do, in Kubernetes' words; null when one does.</param>
internal sealed record SchedulingDecision(string? NodeName, string? Message);
