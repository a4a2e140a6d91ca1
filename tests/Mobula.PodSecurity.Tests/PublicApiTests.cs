using System.Reflection;

namespace Mobula.PodSecurity.Tests;

/// <summary>What the library makes public is what was reviewed as such.</summary>
public sealed class PublicApiTests
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly string[] Recorded =
    [
        .. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "testdata", "readme"), "PublicAPI.*.txt").SelectMany(File.ReadLines).Where(l => l is not ("" or "#nullable enable")),
    ];

    [Fact]
    public void Public_types_are_recorded()
    {
        // Where the compiler keeps an extension block it makes a nested type with a name of its own.
        var types = typeof(PodSecurityEvaluator).Assembly.GetExportedTypes().Select(t => t.FullName!.Replace('+', '.')).Where(t => !t.Contains('<', StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
        var recorded = Recorded.Where(l => !l.Contains(' ', StringComparison.Ordinal) && !l.Contains('(', StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
        Assert.True(types.SetEquals(recorded), $"run eng/public-api and review the change; not recorded: {string.Join(", ", types.Except(recorded))}; gone: {string.Join(", ", recorded.Except(types))}");
    }

    [Fact]
    public void Public_methods_and_properties_are_recorded()
    {
        foreach (var type in typeof(PodSecurityEvaluator).Assembly.GetExportedTypes().Where(t => !t.FullName!.Contains('<', StringComparison.Ordinal)))
        {
            foreach (var member in type.GetMembers(Declared).Where(m => m is PropertyInfo or MethodInfo { IsSpecialName: false } && !m.Name.Contains('<', StringComparison.Ordinal)))
            {
                var name = $"{type.FullName!.Replace('+', '.')}.{member.Name}";
                Assert.True(Recorded.Any(l => l.Contains($"{name}(", StringComparison.Ordinal) || l.Contains($"{name}.", StringComparison.Ordinal)
                    || (type.IsAbstract && type.IsSealed && l.Contains($".{member.Name.Replace("get_", "", StringComparison.Ordinal)}.get", StringComparison.Ordinal))
                    || member.Name == "Item"), $"{name} is not recorded: run eng/public-api and review the change");
            }
        }
    }
}
