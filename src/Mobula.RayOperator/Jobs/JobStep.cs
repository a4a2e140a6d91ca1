namespace Mobula.RayOperator.Jobs;

/// <summary>How a step of the state machine ended.</summary>
/// <param name="Writes">Whether the status is written where it changed; else the pass leaves it alone.</param>
internal readonly record struct JobStep(bool Writes)
{
    /// <summary>The step was taken; its status counts.</summary>
    public static readonly JobStep Done = new(true);

    /// <summary>Nothing to tell yet.</summary>
    public static readonly JobStep Wait = new(false);
}
