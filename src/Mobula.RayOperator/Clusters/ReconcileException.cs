namespace Mobula.RayOperator.Clusters;

/// <summary>A pass that ended early and is to be tried again after a growing wait; its cause has been told already.</summary>
internal sealed class ReconcileException(string message) : Exception(message);
