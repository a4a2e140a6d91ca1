using System.Net;

namespace Mobula.Ray.Dashboard;

/// <summary>Ray's dashboard answered with an error, or with something that is no answer.</summary>
/// <param name="message">What was asked and what came back.</param>
/// <param name="status">The HTTP status.</param>
public sealed class DashboardException(string message, HttpStatusCode status) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public HttpStatusCode Status => status;
}
