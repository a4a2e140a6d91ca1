using System.Text.Json;
using static Mobula.PodSecurity.Evaluation.JsonReading;
using static Mobula.PodSecurity.Evaluation.PodTraits;

namespace Mobula.PodSecurity.Evaluation;

/// <summary>Reads init, regular and ephemeral containers, which look the same to the checks.</summary>
internal static class ContainerReader
{
    private const PodTraits OfEmptyContext = RunAsNonRootUnset | SeccompUnset | PrivilegeEscalation | DropAllMissing;

    public static PodTraits ReadList(ref Utf8JsonReader reader, string field, List<ContainerDetails>? containers)
    {
        if (!IsList(in reader, field)) return None;
        var traits = None;
        while (NextElement(ref reader))
        {
            var details = containers is null ? null : new ContainerDetails();
            var own = IsObject(in reader, field) ? ReadContainer(ref reader, details) : OfEmptyContext;
            traits |= own;
            if (details is null) continue;
            details.Traits = own;
            containers!.Add(details);
        }
        return traits;
    }

    private static PodTraits ReadContainer(ref Utf8JsonReader reader, ContainerDetails? details)
    {
        var (traits, context) = (None, OfEmptyContext);
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("name"u8))
            {
                ReadValue(ref reader);
                if (IsText(in reader, "container.name") && details is not null) details.Name = reader.GetString()!;
            }
            else if (reader.ValueTextEquals("securityContext"u8))
            {
                ReadValue(ref reader);
                context = IsObject(in reader, "container.securityContext") ? SecurityContextReader.ReadOfContainer(ref reader, details) : OfEmptyContext;
            }
            else if (reader.ValueTextEquals("ports"u8))
            {
                ReadValue(ref reader);
                if (!IsList(in reader, "container.ports")) continue;
                while (NextElement(ref reader)) traits |= ReadPort(ref reader, details);
            }
            else if (reader.ValueTextEquals("livenessProbe"u8) || reader.ValueTextEquals("readinessProbe"u8) || reader.ValueTextEquals("startupProbe"u8))
            {
                ReadValue(ref reader);
                if (IsObject(in reader, "container.livenessProbe")) traits |= ReadHandler(ref reader, details);
            }
            else if (reader.ValueTextEquals("lifecycle"u8))
            {
                ReadValue(ref reader);
                if (IsObject(in reader, "container.lifecycle")) traits |= ReadLifecycle(ref reader, details);
            }
            else
            {
                reader.Skip();
            }
        }
        return traits | context;
    }

    private static PodTraits ReadPort(ref Utf8JsonReader reader, ContainerDetails? details)
    {
        if (!IsObject(in reader, "container.ports")) return None;
        var traits = None;
        while (NextProperty(ref reader))
        {
            if (!reader.ValueTextEquals("hostPort"u8))
            {
                reader.Skip();
                continue;
            }
            ReadValue(ref reader);
            if (Integer(in reader, "container.ports.hostPort") is not { } port || port == 0) continue;
            if (port != (int)port) throw Unexpected(in reader, "container.ports.hostPort", "an integer of 32 bits");
            traits = HostPort;
            details?.HostPorts.Add((int)port);
        }
        return traits;
    }

    private static PodTraits ReadLifecycle(ref Utf8JsonReader reader, ContainerDetails? details)
    {
        var traits = None;
        while (NextProperty(ref reader))
        {
            if (!reader.ValueTextEquals("postStart"u8) && !reader.ValueTextEquals("preStop"u8))
            {
                reader.Skip();
                continue;
            }
            ReadValue(ref reader);
            if (IsObject(in reader, "container.lifecycle")) traits |= ReadHandler(ref reader, details);
        }
        return traits;
    }

    private static PodTraits ReadHandler(ref Utf8JsonReader reader, ContainerDetails? details)
    {
        var traits = None;
        while (NextProperty(ref reader))
        {
            if (!reader.ValueTextEquals("httpGet"u8) && !reader.ValueTextEquals("tcpSocket"u8))
            {
                reader.Skip();
                continue;
            }
            ReadValue(ref reader);
            if (!IsObject(in reader, "httpGet or tcpSocket")) continue;
            while (NextProperty(ref reader))
            {
                if (!reader.ValueTextEquals("host"u8))
                {
                    reader.Skip();
                    continue;
                }
                ReadValue(ref reader);
                if (!IsText(in reader, "host") || reader.ValueTextEquals(""u8)) continue;
                traits = ProbeOrLifecycleHost;
                details?.ProbeOrLifecycleHosts.Add(reader.GetString()!);
            }
        }
        return traits;
    }
}
