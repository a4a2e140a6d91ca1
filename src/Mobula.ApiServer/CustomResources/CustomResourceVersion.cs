using System.Text.Json.Nodes;

namespace Mobula.ApiServer.CustomResources;

/// <summary>One version of a custom resource, as its definition describes it.</summary>
/// <param name="Definition">The CustomResourceDefinition.</param>
/// <param name="Version">Its entry in <c>spec.versions</c>.</param>
internal sealed record CustomResourceVersion(JsonObject Definition, JsonObject Version);
