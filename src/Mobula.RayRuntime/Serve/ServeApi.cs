using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Mobula.RayRuntime.Dashboard;

namespace Mobula.RayRuntime.Serve;

/// <summary>Serve's REST path of the dashboard: <c>/api/serve/applications/</c>.</summary>
internal sealed class ServeApi(ServeController controller)
{
    public const string Path = "/api/serve/applications/";
    public const string Methods = "DELETE,GET,HEAD,PUT";

    public async Task RouteAsync(HttpContext http)
    {
        switch (http.Request.Method)
        {
            case "PUT": await DeployAsync(http); break;
            case "DELETE":
                await controller.ShutDownAsync();
                http.Response.StatusCode = 200;
                break;
            default:
                var type = http.Request.Query["api_type"].ToString();
                if (type is not ("" or "declarative" or "imperative")) await HttpAnswers.TextAsync(http, 400, $"Invalid 'api_type' value: '{type}'. Must be one of: imperative, declarative");
                else await HttpAnswers.JsonAsync(http, 200, controller.Details(type != "imperative"));
                break;
        }
    }

    private async Task DeployAsync(HttpContext http)
    {
        JsonNode? config;
        try
        {
            config = await JsonNode.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted);
        }
        catch (JsonException e)
        {
            var (line, column) = (e.LineNumber ?? 0, e.BytePositionInLine ?? 0);
            await HttpAnswers.TextAsync(http, 500, HttpAnswers.Traceback($"json.decoder.JSONDecodeError: Expecting value: line {line + 1} column {column + 1} (char {column})"));
            return;
        }
        if (ServeConfiguration.Error(config) is { } error)
        {
            await HttpAnswers.TextAsync(http, 400, error);
            return;
        }
        try
        {
            await controller.DeployAsync((JsonObject)config!);
            http.Response.StatusCode = 200;
        }
        catch (TimeoutException)
        {
            await HttpAnswers.TextAsync(http, 503, "Serve's controller does not come up; its log is in the session's folder logs/serve.");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            await HttpAnswers.TextAsync(http, 503, $"Serve's controller cannot be started: {e.Message}");
        }
    }
}
