namespace Mobula.Controllers.Endpoints;

/// <summary>A port of a Service as it is on its pods.</summary>
internal readonly record struct EndpointPort(string Name, string Protocol, long Port, string? AppProtocol);
