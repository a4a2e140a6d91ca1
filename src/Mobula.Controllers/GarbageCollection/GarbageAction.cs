namespace Mobula.Controllers.GarbageCollection;

/// <summary>What the garbage collector does with an object that has owners.</summary>
internal enum GarbageAction
{
    /// <summary>Nothing.</summary>
    Keep,

    /// <summary>The references to owners that are gone are taken away.</summary>
    DropReferences,

    /// <summary>It is deleted, and its dependents first.</summary>
    DeleteForeground,

    /// <summary>It is deleted, and its dependents later.</summary>
    DeleteBackground,

    /// <summary>It is deleted, and its dependents stay.</summary>
    DeleteOrphan,
}
