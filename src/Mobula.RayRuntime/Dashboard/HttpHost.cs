using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Mobula.RayRuntime.Dashboard;

/// <summary>Kestrel with nothing around it.</summary>
internal static class HttpHost
{
    public static WebApplication Build(Action<KestrelServerOptions> configure)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            configure(kestrel);
        });
        return builder.Build();
    }
}

/// <summary>Answers as Ray's dashboard words them.</summary>
internal static class HttpAnswers
{
    public static Task TextAsync(HttpContext http, int status, string text, string contentType = "text/plain; charset=utf-8")
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        var bytes = Encoding.UTF8.GetBytes(text);
        http.Response.ContentLength = bytes.Length;
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.Body.WriteAsync(bytes, 0, bytes.Length);
    }

    public static Task JsonAsync(HttpContext http, int status, JsonNode body) => TextAsync(http, status, body.ToJsonString(), "application/json; charset=utf-8");

    /// <summary>The envelope of the dashboard's own routes.</summary>
    public static Task ResultAsync(HttpContext http, int status, bool result, string msg, JsonNode data) =>
        JsonAsync(http, status, new JsonObject { ["result"] = result, ["msg"] = msg, ["data"] = data });

    public static Task NotFoundAsync(HttpContext http) => TextAsync(http, 404, "404: Not Found");

    public static Task InternalErrorAsync(HttpContext http) => TextAsync(http, 500, "500 Internal Server Error\n\nServer got itself in trouble");

    /// <summary>A Python error as the Jobs API reports it; the frames of a server that is not Python are left out.</summary>
    public static string Traceback(string error) => $"Traceback (most recent call last):\n  (in the dashboard)\n{error}\n";
}
