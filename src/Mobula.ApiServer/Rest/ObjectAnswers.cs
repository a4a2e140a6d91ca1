using System.Text.Json.Nodes;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Tables;
using Mobula.Audit;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Rest;

/// <summary>Answers with one stored object, in the form asked for.</summary>
internal static class ObjectAnswers
{
    /// <summary>Refuses forms that cannot be had, before anything is written.</summary>
    public static Representation Negotiate(ApiRequest request, ResourceDefinition definition, bool list = false)
    {
        var accept = request.Http.Request.Headers.Accept.ToString();
        if (!definition.IsCustom) Negotiation.Route(accept);
        var form = Negotiation.Choose(accept, canTransform: true, protobuf: !definition.IsCustom);
        if (form.As == "PartialObjectMetadata" && list)
        {
            throw new StatusException(406, "NotAcceptable", $"you requested PartialObjectMetadata, but the requested object is a list ({InternalName(definition)}List)");
        }
        if (form.As == "PartialObjectMetadataList" && !list)
        {
            throw new StatusException(406, "NotAcceptable", $"you requested PartialObjectMetadataList, but the requested object is not a list ({InternalName(definition)})");
        }
        return form;
    }

    /// <param name="request">The request.</param>
    /// <param name="definition">The resource.</param>
    /// <param name="form">The form asked for.</param>
    /// <param name="status">200 or 201.</param>
    /// <param name="stored">The object's bytes in the stored version.</param>
    /// <param name="now">For ages in tables.</param>
    public static Answer Answer(ApiRequest request, ResourceDefinition definition, Representation form, int status, byte[] stored, DateTimeOffset now)
    {
        if (request.Demand == AuditLevel.RequestResponse && request.Audit is { } audit) audit.ResponseObject = ServedForm.Tree(definition, stored);
        return new StreamAnswer(status, _ =>
        {
            if (form.IsTable)
            {
                var o = KubernetesJson.ParseObject(stored);
                var metadata = new JsonObject { ["resourceVersion"] = o.ResourceVersion };
                var include = TableWriter.ReadInclude(request.Query["includeObject"].ToString());
                return AnswerWriter.WriteAsync(request, status, TableWriter.Make(definition, [ServedForm.Tree(definition, stored)], metadata, include, form.AsVersion!, now), form.MediaType);
            }
            return form.IsPartial
                ? AnswerWriter.WriteAsync(request, status, PartialMetadata.Make(KubernetesJson.ParseObject(stored), form.AsVersion!), form.MediaType)
                : AnswerWriter.WriteAsync(request, status, ServedForm.Object(definition, stored), form.MediaType);
        });
    }

    private static string InternalName(ResourceDefinition definition)
    {
        var group = definition.Kind.Group.Split('.')[0];
        return definition.IsCustom ? "*unstructured.Unstructured" : $"*{(group.Length == 0 ? "core" : group)}.{definition.Kind.Kind}";
    }
}
