using System.Text.Json.Nodes;

namespace Mobula.Client;

/// <summary>One line of a watch.</summary>
/// <param name="Type"><c>ADDED</c>, <c>MODIFIED</c>, <c>DELETED</c>, <c>BOOKMARK</c> or <c>ERROR</c>.</param>
/// <param name="Object">The object; a Status when the type is <c>ERROR</c>.</param>
public readonly record struct WatchEvent(string Type, JsonObject Object);
