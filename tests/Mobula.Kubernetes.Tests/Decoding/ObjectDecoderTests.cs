using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes.Decoding;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Tests.Decoding;

public class ObjectDecoderTests
{
    private static readonly GroupVersionKind ConfigMap = new("", "v1", "ConfigMap");

    [Theory]
    [InlineData("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","foo":1,"Labels":{"a":"b"}},"Data":{"k":"v"},"spec":{}}""", "unknown field \"metadata.foo\"|unknown field \"metadata.Labels\"|unknown field \"Data\"|unknown field \"spec\"")]
    [InlineData("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"d","name":"e"},"data":{"k":"1","k":"2"}}""", "duplicate field \"metadata.name\"|duplicate field \"data.k\"")]
    public void Decode_warns_of_unknown_and_duplicate_fields(string body, string warnings)
    {
        var decoded = Decode(body, FieldValidation.Warn);
        Assert.Equal(warnings.Split('|'), decoded.Warnings);
    }

    [Fact]
    public void Decode_of_YAML_names_the_line_of_a_duplicate_key()
    {
        const string body = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: i}\nfoo: 1\ndata:\n  k: a\n  k: b\n";
        Assert.Equal(["line 7: key \"k\" already set in map", "unknown field \"foo\""], Decode(body, FieldValidation.Warn, yaml: true).Warnings);
        Assert.Equal(
            "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 7: key \"k\" already set in map, unknown field \"foo\"",
            Assert.Throws<StatusException>(() => Decode(body, FieldValidation.Strict, yaml: true)).Message);
    }

    [Theory]
    [InlineData("""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"}}""", "Secret in version \"v1\" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion")]
    [InlineData("""{"apiVersion":"v1","kind":"Foo","metadata":{"name":"a"}}""", "Foo in version \"v1\" cannot be handled as a ConfigMap: no kind \"Foo\" is registered for version \"v1\" in scheme \"pkg/runtime/scheme.go:111\"")]
    [InlineData("""{"apiVersion":"apps/v1beta1","kind":"ConfigMap","metadata":{"name":"a"}}""", "the API version in the data (apps/v1beta1) does not match the expected API version (v1)")]
    [InlineData("""{"apiVersion": "a/b/c", "kind": "ConfigMap", "metadata": {"name": "a"}}""", "the object provided is unrecognized (must be of type ConfigMap): unexpected GroupVersion string: a/b/c ({\"apiVersion\": \"a/b/c\", \"kind\" ...)")]
    [InlineData("""{"apiVersion":"v1","kind":"ConfigMap","data":{"k":1}}""", "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string")]
    public void Decode_of_what_does_not_fit_says_why(string body, string message) =>
        Assert.Equal((400, message), (Assert.Throws<StatusException>(() => Decode(body)).Code, Assert.Throws<StatusException>(() => Decode(body)).Message));

    [Fact]
    public void Decode_fills_in_the_type_and_drops_what_is_empty()
    {
        var decoded = Decode("""{"metadata":{"name":"a","labels":{},"annotations":null},"data":{},"immutable":false}""");
        Assert.Equal("""{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"},"immutable":false}""", Encoding.UTF8.GetString(decoded.Object.ToUtf8()));
    }

    [Fact]
    public void TypedForm_writes_what_a_server_writes_of_an_empty_object()
    {
        var kind = new GroupVersionKind("", "v1", "Service");
        Assert.Equal("""{"kind":"Service","apiVersion":"v1","metadata":{},"spec":{},"status":{"loadBalancer":{}}}""",
            Encoding.UTF8.GetString(TypedForm.Empty(BuiltInSchemas.Find(kind)!, kind).ToUtf8()));
    }

    [Fact]
    public void CustomResourceForm_prunes_and_sets_defaults()
    {
        var schema = StructuralSchema.ForVersion(TestData.Object("things-crd.json"), "v1")!;
        var thing = (JsonObject)JsonNode.Parse("""{"apiVersion":"random.example.com/v1","kind":"Thing","metadata":{"name":"o"},"zzz":1,"spec":{"size":null,"free":{"x":1},"two":[{"k":"a","z":1}],"more":2}}""")!;
        Assert.Equal(["spec.more", "spec.two[0].z", "zzz"], CustomResourceForm.Prune(schema, thing));
        CustomResourceForm.ApplyDefaults(schema, thing);
        Assert.Equal("""{"free":{"x":1},"size":7,"two":[{"k":"a","l":1}]}""", Mobula.Kubernetes.Errors.GoText.SortedJson(thing["spec"]));
    }

    [Fact]
    public void ReadApplyPatch_of_broken_YAML_says_what_is_wrong() => Assert.Equal(
        "error encoding patch: yaml: mapping values are not allowed in this context",
        Assert.Throws<StatusException>(() => ObjectDecoder.ReadApplyPatch("a: b: c"u8)).Message);

    [Theory]
    [InlineData("""{"apiVersion":"random.example.com/v1","kind":"Thing","metadata":{"name":"x","labels":{"a":1}}}""", "Thing in version \"v1\" cannot be handled as a Thing: json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string")]
    [InlineData("""{"kind":"Thing","metadata":{"name":"x"}}""", "the API version in the data () does not match the expected API version (random.example.com/v1)")]
    [InlineData("""{"apiVersion": "random.example.com/v1", "a": 1}""", "the object provided is unrecognized (must be of type Thing): Object 'Kind' is missing in '{\"apiVersion\": \"random.example.com/v1\", \"a\": 1}' ({\"apiVersion\": \"random.example ...)")]
    [InlineData("[]", "the object provided is unrecognized (must be of type Thing): couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" } (5b5d)")]
    public void Decode_of_a_custom_resource_that_does_not_fit_says_why(string body, string message)
    {
        var schema = StructuralSchema.ForVersion(TestData.Object("things-crd.json"), "v1")!;
        var error = Assert.Throws<StatusException>(() => ObjectDecoder.Decode(
            Encoding.UTF8.GetBytes(body), false, new("random.example.com", "v1", "Thing"), schema, true, FieldValidation.Warn));
        Assert.Equal(message, error.Message);
    }

    [Theory]
    [InlineData("", "unexpected end of JSON input")]
    [InlineData("{\"a\":", "unexpected end of JSON input")]
    [InlineData("x", "invalid character 'x' looking for beginning of value")]
    [InlineData("{\"a\" 1}", "invalid character '1' after object key")]
    [InlineData("[1 2]", "invalid character '2' after array element")]
    [InlineData("{} x", "invalid character 'x' after top-level value")]
    [InlineData("{a}", "invalid character 'a' looking for beginning of object key string")]
    public void JsonText_words_syntax_errors_as_Go(string text, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => JsonText.Parse(Encoding.UTF8.GetBytes(text))).Message);

    private static DecodedObject Decode(string body, FieldValidation validation = FieldValidation.Warn, bool yaml = false) =>
        ObjectDecoder.Decode(Encoding.UTF8.GetBytes(body), yaml, ConfigMap, BuiltInSchemas.Find(ConfigMap)!, false, validation);
}
