namespace Mobula.Controllers.GarbageCollection;

/// <summary>How it stands with an owner.</summary>
internal enum OwnerState
{
    /// <summary>It is there.</summary>
    Solid,

    /// <summary>It is not there, or another object has its name.</summary>
    Absent,

    /// <summary>It is being deleted and waits for its dependents.</summary>
    WaitsForDependents,
}
