namespace Mobula.Node.Probes;

/// <summary>What one probe found.</summary>
/// <param name="Success">True or false; null when the probe itself could not be made.</param>
/// <param name="Output">What the event tells.</param>
internal readonly record struct ProbeOutcome(bool? Success, string Output);
