using System.Globalization;
using System.Text;
using System.Xml;
using Mobula.PodSecurity.Manifests;

namespace Mobula.Cli.Manifests;

/// <summary>Pods as test cases, which build servers show: a suite a file, a case a pod.</summary>
internal static class JUnitReport
{
    /// <summary>The XML document.</summary>
    public static string Of(ManifestReport report)
    {
        using var text = new Utf8Text();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, CheckCharacters = false }))
        {
            var files = report.JudgedPods.Select(p => p.File).Concat(report.Problems.Select(p => p.File)).Distinct(StringComparer.Ordinal).ToList();
            xml.WriteStartElement("testsuites");
            xml.WriteAttributeString("name", "mobula check");
            Counts(xml, report.Pods + report.Problems.Count, report.JudgedPods.Count(p => p.Pod.IsViolating), report.Problems.Count);
            foreach (var file in files) WriteSuite(xml, report, file);
            xml.WriteEndElement();
        }
        return text.ToString();
    }

    private static void WriteSuite(XmlWriter xml, ManifestReport report, string file)
    {
        var pods = report.JudgedPods.Where(p => p.File == file).ToList();
        var problems = report.Problems.Where(p => p.File == file).ToList();
        xml.WriteStartElement("testsuite");
        xml.WriteAttributeString("name", Clean(file));
        Counts(xml, pods.Count + problems.Count, pods.Count(p => p.Pod.IsViolating), problems.Count);
        foreach (var problem in problems)
        {
            WriteCase(xml, file, "can be read", problem.Position.Line);
            xml.WriteStartElement("error");
            xml.WriteAttributeString("message", Clean($"{problem.Position}: {problem.Message}"));
            xml.WriteEndElement();
            xml.WriteEndElement();
        }
        var findings = report.Findings.Where(f => f.File == file).ToLookup(f => (f.Resource, f.Role));
        foreach (var (_, position, pod) in pods)
        {
            WriteCase(xml, file, $"{pod.Resource} › {pod.Role}", position.Line);
            if (pod.IsViolating)
            {
                xml.WriteStartElement("failure");
                xml.WriteAttributeString("type", Clean(pod.Policy.ToString()));
                xml.WriteAttributeString("message", Clean($"{(pod.IsRefused ? "violates" : "would violate")} PodSecurity \"{pod.Policy}\": {pod.Violations}"));
                xml.WriteString(Clean(string.Join('\n', findings[(pod.Resource, pod.Role)].Select(f => $"{FindingText.PlaceOf(f)} {f.Container}: {f.Reason}; {f.Advice}"))));
                xml.WriteEndElement();
            }
            xml.WriteEndElement();
        }
        xml.WriteEndElement();
    }

    private static void WriteCase(XmlWriter xml, string file, string name, int line)
    {
        xml.WriteStartElement("testcase");
        xml.WriteAttributeString("classname", Clean(file));
        xml.WriteAttributeString("name", Clean(name));
        xml.WriteAttributeString("file", Clean(file));
        if (line > 0) xml.WriteAttributeString("line", line.ToString(CultureInfo.InvariantCulture));
        xml.WriteAttributeString("time", "0");
    }

    private static void Counts(XmlWriter xml, int tests, int failures, int errors)
    {
        xml.WriteAttributeString("tests", tests.ToString(CultureInfo.InvariantCulture));
        xml.WriteAttributeString("failures", failures.ToString(CultureInfo.InvariantCulture));
        xml.WriteAttributeString("errors", errors.ToString(CultureInfo.InvariantCulture));
        xml.WriteAttributeString("skipped", "0");
    }

    // XML 1.0 has no way to write most control characters.
    private static string Clean(string text) => string.Concat(text.Select(c => XmlConvert.IsXmlChar(c) || char.IsSurrogate(c) ? c : '\uFFFD'));

    private sealed class Utf8Text() : StringWriter(CultureInfo.InvariantCulture)
    {
        public override Encoding Encoding => Encoding.UTF8;
    }
}
