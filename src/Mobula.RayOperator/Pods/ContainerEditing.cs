using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.RayOperator.Pods;

/// <summary>Adds to containers and pods under construction.</summary>
internal static class ContainerEditing
{
    extension(JsonObject container)
    {
        /// <summary>Whether the container has an environment variable.</summary>
        public bool HasEnv(string name) => container.Objects("env").Any(e => e.Text("name") == name);

        /// <summary>The literal value of an environment variable, or null.</summary>
        public string? EnvValue(string name) => container.Objects("env").FirstOrDefault(e => e.Text("name") == name)?.Text("value");

        public void AddEnv(string name, string value) => container.EnsureList("env").AddNode(new JsonObject { ["name"] = name, ["value"] = value });

        public void AddEnvIfAbsent(string name, string value)
        {
            if (!container.HasEnv(name)) container.AddEnv(name, value);
        }

        public void AddEnvFrom(string name, JsonObject valueFrom) =>
            container.EnsureList("env").AddNode(new JsonObject { ["name"] = name, ["valueFrom"] = valueFrom });

        public void AddFieldEnv(string name, string fieldPath) =>
            container.AddEnvFrom(name, new JsonObject { ["fieldRef"] = new JsonObject { ["fieldPath"] = fieldPath } });

        /// <summary>Whether something is mounted at a path.</summary>
        public bool Mounts(string path) => container.Objects("volumeMounts").Any(m => m.Text("mountPath") == path);

        public void AddMount(string volume, string path, bool readOnly = false)
        {
            var mount = new JsonObject { ["name"] = volume, ["mountPath"] = path };
            if (readOnly) mount["readOnly"] = true;
            container.EnsureList("volumeMounts").AddNode(mount);
        }

        /// <summary>The list of that name; added when it is absent or null.</summary>
        public JsonArray EnsureList(string name)
        {
            if (container[name] is JsonArray list) return list;
            list = [];
            container[name] = list;
            return list;
        }
    }

    extension(JsonArray list)
    {
        /// <summary>Adds a node without the generic method that trimming cannot follow.</summary>
        public void AddNode(JsonNode? node) => list.Add(node);
    }

    public static JsonObject Resources(string cpu, string memory) => new()
    {
        ["limits"] = new JsonObject { ["cpu"] = cpu, ["memory"] = memory },
        ["requests"] = new JsonObject { ["cpu"] = cpu, ["memory"] = memory },
    };

    public static JsonArray Texts(params ReadOnlySpan<string> texts)
    {
        var list = new JsonArray();
        foreach (var text in texts) list.AddNode(text);
        return list;
    }
}
