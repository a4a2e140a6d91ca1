using System.Runtime.CompilerServices;
using System.Text.Json;
using Mobula.PodSecurity.Checks;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Evaluation;

/// <summary>
/// Reads a pod from UTF-8 JSON in one pass: its traits, which decide every check at every version, and what texts quote. It
/// allocates nothing as long as the memory it is given suffices, and then pools. A value of another type than the field's is
/// an error, as it is to a decoder. Dispose of it once.
/// </summary>
internal ref partial struct PodReader
{
    private readonly JsonText _json;
    private PooledList<ContainerFacts> _containers;
    private PooledList<Mention> _mentions;
    private PooledList<byte> _unescaped;

    // Of what is being read: the pod, or a container.
    private PodTraits _traits;
    private PodTraits _ofPodItself;

    public PodReader(ReadOnlySpan<byte> pod, Span<ContainerFacts> containers, Span<Mention> mentions)
    {
        _json = new(pod);
        _containers = new(containers);
        _mentions = new(mentions);
    }

    /// <summary>What was read.</summary>
    public readonly PodDetails Details => new(_json, _unescaped.Items, _containers.Items, _mentions.Items, _traits, _ofPodItself);

    /// <summary>Reads an object with <c>metadata</c> and <c>spec</c>: a pod or a pod template.</summary>
    /// <exception cref="JsonException">The text is no JSON object, or a field has a value of another type than a pod's.</exception>
    public PodTraits Read()
    {
        var at = _json.Token(0);
        if (_json[at] != '{') throw Unexpected(at, "pod", "an object");
        at = _json.Token(ReadPod(at));
        if (at < _json.Length) throw _json.Malformed();
        if ((_traits & SeccompAnnotationOfContainer) != 0) ResolveContainerAnnotations();
        if ((_traits & (RunAsNonRootUnset | RunAsNonRootTrue)) == RunAsNonRootUnset) _traits |= RunAsNonRootMissing;
        if ((_traits & (SeccompUnset | SeccompValid)) == SeccompUnset) _traits |= SeccompMissing;
        return _traits;
    }

    public void Dispose()
    {
        _containers.Dispose();
        _mentions.Dispose();
        _unescaped.Dispose();
    }

    private int ReadPod(int at)
    {
        for (at = _json.FirstMember(at); at >= 0; at = _json.NextMember(at))
        {
            at = ReadName(at, out var name);
            if (name.SequenceEqual("spec"u8)) at = IsObject(at, "spec") ? ReadSpec(at) : SkipNull(at);
            else if (name.SequenceEqual("metadata"u8)) at = IsObject(at, "metadata") ? ReadMetadata(at) : SkipNull(at);
            else at = _json.Skip(at);
        }
        return ~at;
    }

    private int ReadMetadata(int at)
    {
        for (at = _json.FirstMember(at); at >= 0; at = _json.NextMember(at))
        {
            at = ReadName(at, out var name);
            if (name.SequenceEqual("annotations"u8)) at = IsObject(at, "metadata.annotations") ? ReadAnnotations(at) : SkipNull(at);
            else at = _json.Skip(at);
        }
        return ~at;
    }

    private int ReadAnnotations(int at)
    {
        for (at = _json.FirstMember(at); at >= 0; at = _json.NextMember(at))
        {
            at = ReadNameRange(at, out var key);
            var text = this[key];
            var trait = text.StartsWith(AppArmorProfile.AnnotationPrefix) ? AppArmorAnnotation
                : text.SequenceEqual(SeccompProfileBaseline.PodAnnotation) ? SeccompAnnotation
                : text.StartsWith(SeccompProfileBaseline.ContainerAnnotationPrefix) ? SeccompAnnotationOfContainer
                : None;
            if (trait == None)
            {
                at = _json.Skip(at);
                continue;
            }
            at = ReadTextOrNull(at, "metadata.annotations", out var value);
            var allowed = trait == AppArmorAnnotation ? AppArmorProfile.AllowsAnnotation(this[value]) : SeccompProfileBaseline.AllowsAnnotation(this[value]);
            if (allowed) continue;
            _traits |= trait;
            _mentions.Add(new(trait, key, value));
        }
        return ~at;
    }

    // An annotation for a container counts only if there is a container of that name.
    private void ResolveContainerAnnotations()
    {
        _traits &= ~SeccompAnnotationOfContainer;
        var details = Details;
        foreach (ref var mention in _mentions.Items)
        {
            if (mention.Trait != SeccompAnnotationOfContainer) continue;
            var name = details[mention.Text][SeccompProfileBaseline.ContainerAnnotationPrefix.Length..];
            mention = mention with { Trait = None };
            foreach (ref readonly var container in _containers.Items)
            {
                if (!details[container.Name].SequenceEqual(name)) continue;
                mention = mention with { Trait = SeccompAnnotation };
                _traits |= SeccompAnnotation;
                break;
            }
        }
    }

    private int ReadSpec(int at)
    {
        for (at = _json.FirstMember(at); at >= 0; at = _json.NextMember(at))
        {
            at = ReadName(at, out var name);
            switch (name.Length)
            {
                case 10 when name.SequenceEqual("containers"u8):
                    at = ReadContainers(at, "spec.containers", ContainerList.Regular);
                    break;
                case 14 when name.SequenceEqual("initContainers"u8):
                    at = ReadContainers(at, "spec.initContainers", ContainerList.Init);
                    break;
                case 19 when name.SequenceEqual("ephemeralContainers"u8):
                    at = ReadContainers(at, "spec.ephemeralContainers", ContainerList.Ephemeral);
                    break;
                case 7 when name.SequenceEqual("volumes"u8):
                    at = IsList(at, "spec.volumes") ? ReadVolumes(at) : SkipNull(at);
                    break;
                case 15 when name.SequenceEqual("securityContext"u8):
                    at = IsObject(at, "spec.securityContext") ? ReadPodSecurityContext(at) : SkipNull(at);
                    break;
                case 11 when name.SequenceEqual("hostNetwork"u8):
                    at = ReadFlag(at, "spec.hostNetwork", ifTrue: HostNetwork);
                    break;
                case 7 when name.SequenceEqual("hostPID"u8):
                    at = ReadFlag(at, "spec.hostPID", ifTrue: HostPid);
                    break;
                case 7 when name.SequenceEqual("hostIPC"u8):
                    at = ReadFlag(at, "spec.hostIPC", ifTrue: HostIpc);
                    break;
                case 9 when name.SequenceEqual("hostUsers"u8):
                    at = ReadFlag(at, "spec.hostUsers", ifFalse: UserNamespace);
                    break;
                case 2 when name.SequenceEqual("os"u8):
                    at = IsObject(at, "spec.os") ? ReadOS(at) : SkipNull(at);
                    break;
                default:
                    at = _json.Skip(at);
                    break;
            }
        }
        return ~at;
    }

    private int ReadOS(int at)
    {
        for (at = _json.FirstMember(at); at >= 0; at = _json.NextMember(at))
        {
            at = ReadName(at, out var name);
            if (!name.SequenceEqual("name"u8))
            {
                at = _json.Skip(at);
                continue;
            }
            at = ReadTextOrNull(at, "spec.os.name", out var os);
            if (this[os].SequenceEqual("windows"u8)) _traits |= Windows;
        }
        return ~at;
    }

    private int ReadVolumes(int at)
    {
        for (at = _json.FirstElement(at); at >= 0; at = _json.NextElement(at))
        {
            if (IsObject(at, "spec.volumes"))
            {
                at = ReadVolume(at);
            }
            else
            {
                at = SkipNull(at);
                _traits |= RestrictedVolume;
                _mentions.Add(new(RestrictedVolume, default, Rank: RestrictedVolumes.UnknownRank));
            }
        }
        return ~at;
    }

    private int ReadVolume(int at)
    {
        TextRange volume = default;
        var allowed = false;
        var rank = RestrictedVolumes.UnknownRank;
        for (at = _json.FirstMember(at); at >= 0; at = _json.NextMember(at))
        {
            at = ReadName(at, out var name);
            if (name.SequenceEqual("name"u8))
            {
                at = ReadTextOrNull(at, "spec.volumes.name", out volume);
                continue;
            }
            if (_json[at] != 'n')
            {
                if (RestrictedVolumes.Allows(name)) allowed = true;
                else rank = Math.Min(rank, RestrictedVolumes.RankOf(name));
            }
            at = _json.Skip(at);
        }
        var trait = (allowed ? None : RestrictedVolume) | (rank == RestrictedVolumes.HostPathRank ? HostPathVolume : None);
        if (trait == None) return ~at;
        _traits |= trait;
        _mentions.Add(new(trait, volume, Rank: rank));
        return ~at;
    }

    // From a member's name to its value. The name lasts until the next text is read.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int ReadName(int at, out ReadOnlySpan<byte> name)
    {
        var end = _json.EndOfString(at);
        if (end < 0)
        {
            end = ~end;
            name = this[Unescape(at, end)];
        }
        else
        {
            name = _json.Between(at, end);
        }
        return _json.MemberValue(end);
    }

    private int ReadNameRange(int at, out TextRange name) => _json.MemberValue(ReadText(at, out name) - 1);
}
