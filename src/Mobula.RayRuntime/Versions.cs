namespace Mobula.RayRuntime;

/// <summary>The Ray this runtime presents itself as.</summary>
internal static class Versions
{
    public const string Ray = "2.60.0";
    public const string Commit = "b7f4259e944bf6959f721b106adc366ddfa0c356";
    /// <summary>Version of the Jobs API that clients compare with their own.</summary>
    public const string JobsApi = "4";
}
