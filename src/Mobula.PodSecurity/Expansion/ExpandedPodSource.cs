namespace Mobula.PodSecurity.Expansion;

/// <summary>Finds the field of the resource that decides a field of an expanded pod.</summary>
internal static class ExpandedPodSource
{
    extension(ExpandedPod pod)
    {
        /// <summary>The injected container at or above a field of the pod, or null.</summary>
        public InjectedContainer? InjectedAt(FieldPath inPod) => pod.Injected.FirstOrDefault(i => inPod.StartsWith(i.At));

        /// <summary>The field of the resource that decides a field of the pod; null when no field does.</summary>
        public FieldPath? SourceOf(FieldPath inPod)
        {
            if (pod.InjectedAt(inPod) is { } injected)
            {
                var rest = inPod.After(injected.At);
                return rest.Steps is ["securityContext", ..] && injected.SecurityContext is { } context ? context.Then(rest.After(FieldPath.Root.Then("securityContext"))) : injected.SecurityContext;
            }
            if (pod.Source is not { } source) return null;
            // Containers that the operator puts first move the author's own.
            if (inPod.Steps is ["spec", string list, int index, ..])
            {
                var before = pod.Injected.Count(i => i.At.Steps is ["spec", string l, int at] && l == list && at < index);
                if (before > 0) inPod = FieldPath.Root.Then("spec", list).Then(index - before).Then(inPod.After(FieldPath.Root.Then("spec", list).Then(index)));
            }
            return source.Then(inPod);
        }
    }
}
