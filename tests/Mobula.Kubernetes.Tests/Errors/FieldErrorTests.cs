using System.Text.Json.Nodes;
using Mobula.Kubernetes.Errors;

namespace Mobula.Kubernetes.Tests.Errors;

public class FieldErrorTests
{
    private static readonly FieldPath Port = FieldPath.Of("spec").Child("containers").Index(0).Child("ports").Index(1).Child("containerPort");

    [Fact]
    public void FieldPath_prints_indexes_and_keys()
    {
        Assert.Equal("spec.containers[0].ports[1].containerPort", Port.ToString());
        Assert.Equal("spec.limits[cpu].x", FieldPath.Of("spec", "limits").Key("cpu").Child("x").ToString());
    }

    [Fact]
    public void FieldError_words_each_type_as_Kubernetes()
    {
        Assert.Equal("Invalid value: 99999: must be between 1 and 65535, inclusive", FieldError.Invalid(Port, 99999, "must be between 1 and 65535, inclusive").Message);
        Assert.Equal("Invalid value: \"a\\nb\": no", FieldError.Invalid(Port, "a\nb", "no").Message);
        Assert.Equal("<nil>: Invalid value: null: some", FieldError.Invalid(null, null, "some").ToString());
        Assert.Equal("Required value", FieldError.Required(Port).Message);
        Assert.Equal("Duplicate value: \"c\"", FieldError.Duplicate(Port, "c").Message);
        Assert.Equal("Too long: may not be more than 40 bytes", FieldError.TooLong(Port, 40).Message);
        Assert.Equal("Too many: 3: must have at most 2 items", FieldError.TooMany(Port, 3, 2).Message);
        Assert.Equal(
            "fieldValidation: Unsupported value: \"strict\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"",
            FieldError.NotSupported(FieldPath.Of("fieldValidation"), "strict", ["", "Ignore", "Strict", "Warn"]).ToString());
    }

    [Fact]
    public void Invalid_with_several_errors_joins_them_in_brackets_and_keeps_all_causes()
    {
        var error = FieldError.Required(FieldPath.Of("spec", "a"));
        var status = StatusException.Invalid(new("apps", "v1", "Deployment"), "d", [error, error, FieldError.Forbidden(FieldPath.Of("b"), "no")]);
        Assert.Equal("Deployment.apps \"d\" is invalid: [spec.a: Required value, b: Forbidden: no]", status.Message);
        Assert.Equal(3, status.Status.List("details", "causes")!.Count);
        Assert.Equal("apps", status.Status.Text("details", "group"));
    }

    [Fact]
    public void NotFound_names_the_qualified_resource()
    {
        var status = StatusException.NotFound(new("rbac.authorization.k8s.io", "v1", "roles"), "walk");
        Assert.Equal("""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"roles.rbac.authorization.k8s.io \"walk\" not found","reason":"NotFound","details":{"name":"walk","group":"rbac.authorization.k8s.io","kind":"roles"},"code":404}""",
            System.Text.Encoding.UTF8.GetString(status.Status.ToUtf8()));
    }

    [Theory]
    [InlineData("""{"b":[1,"x",null,true],"a":{"c":1.5}}""", "map[a:map[c:1.5] b:[1 x <nil> true]]")]
    [InlineData("1e21", "1e+21")]
    [InlineData("0.00001", "1e-05")]
    [InlineData("1.0", "1")]
    public void GoText_prints_decoded_JSON_as_Go(string json, string expected) => Assert.Equal(expected, GoText.Value(JsonNode.Parse(json)));
}
