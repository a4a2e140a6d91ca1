using Mobula.Kubernetes;

namespace Mobula.PodSecurity.Expansion;

/// <summary>
/// Where custom resources that the program does not know hold their pod templates. A kind may hold several; <c>[*]</c> in a path
/// stands for every element of a list, or every value of a map.
/// </summary>
public sealed class PodTemplatePaths
{
    private readonly Dictionary<string, List<FieldPath>> _paths = new(StringComparer.Ordinal);

    /// <summary>The types, as <c>GROUP/KIND</c>.</summary>
    public IReadOnlyCollection<string> Types => _paths.Keys;

    /// <summary>Adds a template of a type.</summary>
    /// <param name="type"><c>GROUP/KIND</c>, for example <c>jobset.x-k8s.io/JobSet</c>.</param>
    /// <param name="path">For example <c>spec.replicatedJobs[*].template.spec.template</c>.</param>
    /// <exception cref="FormatException">Type or path is not written like that; the message says what is.</exception>
    public void Add(string type, string path)
    {
        var slash = type.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || slash == type.Length - 1 || type.IndexOf('/', slash + 1) >= 0) throw new FormatException($"\"{type}\" is no type; write GROUP/KIND, for example argoproj.io/Rollout");
        if (!FieldPath.TryParse(path, out var parsed)) throw new FormatException($"\"{path}\" is no path; write it like spec.template or spec.replicatedJobs[*].template.spec.template");
        if (!_paths.TryGetValue(type, out var paths)) _paths[type] = paths = [];
        if (!paths.Contains(parsed)) paths.Add(parsed);
    }

    /// <summary>Adds a template written as <c>GROUP/KIND=path.to.template</c>.</summary>
    /// <exception cref="FormatException">It is not written like that; the message says what is.</exception>
    public void Add(string typeAndPath)
    {
        var equals = typeAndPath.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0) throw new FormatException($"\"{typeAndPath}\" has no \"=\"; write GROUP/KIND=path.to.template, for example argoproj.io/Rollout=spec.template");
        Add(typeAndPath[..equals], typeAndPath[(equals + 1)..]);
    }

    /// <summary>The paths of a type; empty for one that was not added.</summary>
    public IReadOnlyList<FieldPath> Of(GroupVersionKind type) => _paths.TryGetValue($"{type.Group}/{type.Kind}", out var paths) ? paths : [];
}
