using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Names;

namespace Mobula.ApiServer.Validation;

/// <summary>How a pod resolves names.</summary>
internal static class NameResolutionValidation
{
    private const int MaxNameservers = 3;
    private const int MaxSearches = 32;

    public static void Config(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        var config = spec.Object("dnsConfig");
        if (spec.Text("dnsPolicy") == "None")
        {
            if (config is null)
            {
                errors.Required(path, "must provide `dnsConfig` when `dnsPolicy` is None");
                return;
            }
            if (config.List("nameservers") is not { Count: > 0 })
            {
                errors.Required(path.Child("nameservers"), "must provide at least one DNS nameserver when `dnsPolicy` is None");
                return;
            }
        }
        if (config is null) return;
        var servers = config.Texts("nameservers").ToList();
        if (servers.Count > MaxNameservers) errors.Invalid(path.Child("nameservers"), config["nameservers"], $"must not have more than {MaxNameservers} nameservers");
        foreach (var (i, server) in servers.Index())
        {
            if (!FieldRules.IsIp(server)) errors.Invalid(path.Child("nameservers").Index(i), server, FieldRules.MustBeIp);
        }
        var searches = config.Texts("searches").ToList();
        if (searches.Count > MaxSearches) errors.Invalid(path.Child("searches"), config["searches"], $"must not have more than {MaxSearches} search paths");
        foreach (var (i, search) in searches.Index())
        {
            if (search != ".") errors.Invalid(path.Child("searches").Index(i), search, FieldRules.IsSubdomainWithUnderscore(search.EndsWith('.') ? search[..^1] : search));
        }
        foreach (var (i, option) in config.Objects("options").Index())
        {
            if (string.IsNullOrEmpty(option.Text("name"))) errors.Required(path.Child("options").Index(i), "must not be empty");
        }
    }

    public static void HostAliases(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        foreach (var (i, alias) in spec.Objects("hostAliases").Index())
        {
            var ip = alias.Text("ip") ?? "";
            if (!FieldRules.IsIp(ip)) errors.Invalid(path.Index(i).Child("ip"), ip, FieldRules.MustBeIp);
            foreach (var (j, name) in alias.Texts("hostnames").Index()) errors.Invalid(path.Index(i).Child("hostnames").Index(j), name, NameValidation.IsDns1123Subdomain(name));
        }
    }
}
