using System.Globalization;
using Mobula.PodSecurity.Admission;

namespace Mobula.ApiServer.Pipeline;

/// <summary>The path <c>/metrics</c>: what the parts of the server count, in Prometheus' text format.</summary>
internal sealed class MetricsEndpoint(RequestMetrics requests, PodSecurityMetrics podSecurity)
{
    public BytesAnswer Answer()
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        text.Write(requests.ToText());
        podSecurity.WriteTo(text);
        return BytesAnswer.Text(200, text.ToString(), "text/plain; version=0.0.4; charset=utf-8");
    }
}
