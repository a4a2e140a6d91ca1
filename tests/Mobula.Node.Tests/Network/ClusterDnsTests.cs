using System.Net;
using CsCheck;
using Mobula.Node.Network;

namespace Mobula.Node.Tests.Network;

public sealed class ClusterDnsTests
{
    private static readonly ClusterDns Dns = ClusterDns.From("cluster.local", NetworkObjects.Services, NetworkObjects.Slices);

    [Theory]
    [InlineData("web.ns.svc.cluster.local", "A", "10.96.0.20")]
    [InlineData("web.ns.svc.cluster.local", "Aaaa", "")]
    [InlineData("headless.ns.svc.cluster.local", "A", "10.244.0.5 10.244.0.6")]
    [InlineData("host-a.headless.ns.svc.cluster.local", "A", "10.244.0.5")]
    [InlineData("10-244-0-6.headless.ns.svc.cluster.local", "A", "10.244.0.6")]
    [InlineData("_http._tcp.web.ns.svc.cluster.local", "Srv", "80 web.ns.svc.cluster.local")]
    [InlineData("_http._tcp.headless.ns.svc.cluster.local", "Srv", "8080 host-a.headless.ns.svc.cluster.local, 8080 10-244-0-6.headless.ns.svc.cluster.local")]
    [InlineData("external.ns.svc.cluster.local", "A", "CNAME example.org")]
    [InlineData("20.0.96.10.in-addr.arpa", "Ptr", "PTR web.ns.svc.cluster.local")]
    [InlineData("5.0.244.10.in-addr.arpa", "Ptr", "PTR host-a.headless.ns.svc.cluster.local")]
    [InlineData("10-1-2-3.ns.pod.cluster.local", "A", "10.1.2.3")]
    [InlineData("ns.svc.cluster.local", "A", "")]
    [InlineData("svc.cluster.local", "A", "")]
    [InlineData("empty.ns.svc.cluster.local", "A", "")]
    [InlineData("nothing.ns.svc.cluster.local", "A", "no such name")]
    [InlineData("10-1-2-3.elsewhere.pod.cluster.local", "A", "no such name")]
    [InlineData("web.ns.svc.cluster.local.ns.svc.cluster.local", "A", "no such name")]
    [InlineData("example.org", "A", "not ours")]
    [InlineData("mycluster.local", "A", "not ours")]
    [InlineData("9.9.9.9.in-addr.arpa", "Ptr", "not ours")]
    public void Name_is_answered(string name, string type, string expected)
    {
        var answer = Dns.Answer(name, Enum.Parse<DnsType>(type));

        Assert.Equal(expected, answer is null ? "not ours" : answer.Code == DnsResponseCode.NameError ? "no such name" : string.Join(expected.Contains(',') ? ", " : " ", answer.Answers.Select(Show)));
    }

    [Fact]
    public void Service_record_brings_the_addresses_of_its_targets()
    {
        var answer = Dns.Answer("_http._tcp.headless.ns.svc.cluster.local", DnsType.Srv);

        Assert.Equal(["10.244.0.5", "10.244.0.6"], answer!.Additional.OfType<AddressRecord>().Select(a => a.Address.ToString()));
    }

    [Fact]
    public void Written_answer_has_the_bytes_of_the_protocol()
    {
        byte[] query = [0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0, 1, (byte)'A', 0, 0, 1, 0, 1];
        var question = DnsQuestion.Parse(query)!;
        Assert.Equal(("a", DnsType.A), (question.Name, question.Type));

        var bytes = DnsMessage.Write(query, question, DnsAnswer.Of(new AddressRecord("a", IPAddress.Parse("1.2.3.4"))), "", 512);

        Assert.Equal("1234858000010001000000000141000001000101610000010001" + "0000001e" + "0004" + "01020304", Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void Answer_too_long_for_a_datagram_says_so()
    {
        byte[] query = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, (byte)'a', 0, 0, 1, 0, 1];
        var many = Enumerable.Range(0, 100).Select(i => (DnsRecord)new AddressRecord("a", new IPAddress([10, 0, 0, (byte)i]))).ToList();

        var bytes = DnsMessage.Write(query, DnsQuestion.Parse(query)!, new DnsAnswer(DnsResponseCode.NoError, many, []), "", 512);

        Assert.Equal(19, bytes.Length);
        Assert.Equal(0x02, bytes[2] & 0x02);
    }

    [Fact]
    public void Any_bytes_are_read_without_harm() => Gen.Byte.Array[0, 64].Sample(bytes => DnsQuestion.Parse(bytes) is null or { Name: not null });

    private static string Show(DnsRecord record) => record switch
    {
        AddressRecord a => a.Address.ToString(),
        ServiceRecord s => $"{s.Port} {s.Target}",
        NameRecord n => $"{n.Kind.ToString().ToUpperInvariant()} {n.Target}",
        _ => "?",
    };
}
