using Mobula.ApiServer.Pipeline;

namespace Mobula.ApiServer.Discovery;

/// <summary>Serves the OpenAPI documents.</summary>
internal sealed class OpenApiEndpoint
{
    public static Answer Answer(ApiRequest request, string path) => BytesAnswer.Text(404, $"no OpenAPI document at {path} ({request.Method})\n");
}
