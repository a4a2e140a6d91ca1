using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Kinds;

/// <summary>Roles and bindings: their names may be anything that can stand in a path.</summary>
internal sealed class RbacStrategy : ResourceStrategy
{
    public override IReadOnlyList<string> CheckName(string name) => NameValidation.IsPathSegmentName(name);
}
