using System.Text.Json.Nodes;

namespace Mobula.Controllers.Endpoints;

/// <summary>What has to be done to the EndpointSlices of a Service.</summary>
/// <param name="Create">New slices.</param>
/// <param name="Update">Slices with their new contents.</param>
/// <param name="Delete">Slices that are not needed.</param>
internal sealed record EndpointSlicePlan(IReadOnlyList<JsonObject> Create, IReadOnlyList<JsonObject> Update, IReadOnlyList<JsonObject> Delete);
