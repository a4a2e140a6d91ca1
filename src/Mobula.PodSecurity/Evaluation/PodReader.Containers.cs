using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Evaluation;

/// <summary>Init, regular and ephemeral containers, which look the same to the checks.</summary>
internal ref partial struct PodReader
{
    // What a container must say counts as missing until it is seen.
    private const PodTraits OfEmptyContainer = RunAsNonRootUnset | SeccompUnset | PrivilegeEscalation | DropAllMissing;

    private int ReadContainers(int at, string field, ContainerList list)
    {
        if (!IsList(at, field)) return SkipNull(at);
        var ofPod = _traits;
        for (at = _json.FirstElement(at); at >= 0; at = _json.NextElement(at))
        {
            _traits = OfEmptyContainer;
            TextRange name = default;
            at = IsObject(at, field) ? ReadContainer(at, out name) : SkipNull(at);
            _containers.Add(new(_traits, name, list));
            ofPod |= _traits;
        }
        _traits = ofPod;
        return ~at;
    }

    private int ReadContainer(int at, out TextRange container)
    {
        container = default;
        for (at = _json.FirstMember(at); at >= 0; at = _json.NextMember(at))
        {
            at = ReadName(at, out var name);
            switch (name.Length)
            {
                case 4 when name.SequenceEqual("name"u8):
                    at = ReadTextOrNull(at, "container.name", out container);
                    break;
                case 5 when name.SequenceEqual("ports"u8):
                    at = IsList(at, "container.ports") ? ReadPorts(at) : SkipNull(at);
                    break;
                case 15 when name.SequenceEqual("securityContext"u8):
                    at = IsObject(at, "container.securityContext") ? ReadContainerSecurityContext(at) : SkipNull(at);
                    break;
                case 9 when name.SequenceEqual("lifecycle"u8):
                    at = IsObject(at, "container.lifecycle") ? ReadLifecycle(at) : SkipNull(at);
                    break;
                case 13 when name.SequenceEqual("livenessProbe"u8):
                case 14 when name.SequenceEqual("readinessProbe"u8):
                case 12 when name.SequenceEqual("startupProbe"u8):
                    at = IsObject(at, "container.livenessProbe") ? ReadHandler(at) : SkipNull(at);
                    break;
                default:
                    at = _json.Skip(at);
                    break;
            }
        }
        return ~at;
    }

    private int ReadPorts(int at)
    {
        for (at = _json.FirstElement(at); at >= 0; at = _json.NextElement(at))
        {
            at = IsObject(at, "container.ports") ? ReadPort(at) : SkipNull(at);
        }
        return ~at;
    }

    private int ReadPort(int at)
    {
        for (at = _json.FirstMember(at); at >= 0; at = _json.NextMember(at))
        {
            at = ReadName(at, out var name);
            if (!name.SequenceEqual("hostPort"u8))
            {
                at = _json.Skip(at);
                continue;
            }
            var start = at;
            at = ReadInteger(at, "container.ports.hostPort", out var digits, out var port);
            if (port == 0) continue;
            if (port != (int)port) throw Unexpected(start, "container.ports.hostPort", "an integer of 32 bits");
            _traits |= HostPort;
            _mentions.Add(new(HostPort, digits));
        }
        return ~at;
    }

    private int ReadLifecycle(int at)
    {
        for (at = _json.FirstMember(at); at >= 0; at = _json.NextMember(at))
        {
            at = ReadName(at, out var name);
            if (!name.SequenceEqual("postStart"u8) && !name.SequenceEqual("preStop"u8)) at = _json.Skip(at);
            else at = IsObject(at, "container.lifecycle") ? ReadHandler(at) : SkipNull(at);
        }
        return ~at;
    }

    private int ReadHandler(int at)
    {
        for (at = _json.FirstMember(at); at >= 0; at = _json.NextMember(at))
        {
            at = ReadName(at, out var name);
            if (!name.SequenceEqual("httpGet"u8) && !name.SequenceEqual("tcpSocket"u8)) at = _json.Skip(at);
            else at = IsObject(at, "httpGet or tcpSocket") ? ReadHandlerTarget(at) : SkipNull(at);
        }
        return ~at;
    }

    private int ReadHandlerTarget(int at)
    {
        for (at = _json.FirstMember(at); at >= 0; at = _json.NextMember(at))
        {
            at = ReadName(at, out var name);
            if (!name.SequenceEqual("host"u8))
            {
                at = _json.Skip(at);
                continue;
            }
            at = ReadTextOrNull(at, "host", out var host);
            if (host.Length == 0) continue;
            _traits |= ProbeOrLifecycleHost;
            _mentions.Add(new(ProbeOrLifecycleHost, host));
        }
        return ~at;
    }
}
