#!/usr/bin/env python3
"""Makes the embedded fact files of this folder from published facts of a Kubernetes release.

  generate.py OPENAPI.json DISCOVERY.json PROTOBUF.json

Each output is a text file of lines `name<TAB>JSON`, so that a reader parses only the lines it is asked for:
  types.tsv      OpenAPI types, properties in declared order; `x-presence` on a property says how absence is written:
                 "explicit"  a scalar that is written whenever it is set, even to its zero value
                 "always"    written even when unset (null for lists, references and times; the zero value for the rest)
                 "omitted"   left out when empty, although the default is the zero value
                 `x-embedded` names the embedded Go structs that a property comes from
  resources.tsv  one group and version a line, in the order of discovery
  messages.tsv   protobuf messages: [JSON name, number, type]
"""
import json, os, sys

here = os.path.dirname(os.path.abspath(__file__))
ZERO_TIMES = {'lastTransitionTime', 'lastProbeTime', 'lastUpdateTime', 'lastHeartbeatTime', 'startedAt', 'finishedAt', 'eventTime',
              'firstTimestamp', 'lastTimestamp', 'deprecatedFirstTimestamp', 'deprecatedLastTimestamp', 'lastObservedTime'}
ALWAYS = {
    'io.k8s.api.rbac.v1.Role': ['rules'], 'io.k8s.api.rbac.v1.ClusterRole': ['rules'],
    'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus': ['currentMetrics'],
    'io.k8s.api.discovery.v1.EndpointSlice': ['endpoints', 'ports'],
    'io.k8s.api.core.v1.ProjectedVolumeSource': ['sources'],
    'io.k8s.api.authentication.v1.TokenRequestSpec': ['boundObjectRef', 'audiences'],
    'io.k8s.api.authentication.v1.TokenRequestStatus': ['expirationTimestamp'],
    'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus': ['conditions', 'storedVersions'],
    'io.k8s.api.core.v1.TypedLocalObjectReference': ['apiGroup'], 'io.k8s.api.core.v1.TypedObjectReference': ['apiGroup'],
    'io.k8s.api.core.v1.ServicePort': ['targetPort'], 'io.k8s.api.core.v1.ResourceFieldSelector': ['divisor'],
    'io.k8s.api.core.v1.HTTPGetAction': ['port'], 'io.k8s.api.core.v1.TCPSocketAction': ['port'],
    'io.k8s.api.apps.v1.ControllerRevision': ['data'],
}

# A default that is the zero value usually means that the field is written always; these are left out when empty all the same.
OMITTED = {
    **{f'io.k8s.api.core.v1.{t}': ['name'] for t in (
        'LocalObjectReference', 'ConfigMapEnvSource', 'ConfigMapKeySelector', 'ConfigMapProjection', 'ConfigMapVolumeSource',
        'SecretEnvSource', 'SecretKeySelector', 'SecretProjection')},
    'io.k8s.api.core.v1.ReplicationControllerSpec': ['minReadySeconds'],
    'io.k8s.api.autoscaling.v1.ScaleSpec': ['replicas'],
}

def presence():
    explicit = {}
    for line in open(os.path.join(here, 'presence.txt')):
        if not line.startswith('#'):
            name, *fields = line.split()
            explicit[name] = set(fields)
    return explicit

def declared_order(messages, name):
    """Field names in the order of their declaration, as a server writes them; inlined messages in their place."""
    for field, _, kind in messages.get(name, ()):
        if field:
            yield field
        else:
            yield from declared_order(messages, kind)

def embedded(messages, name, inside=''):
    """Fields that come from embedded structs, with the names of those."""
    for field, _, kind in messages.get(name, ()):
        if field:
            if inside:
                yield field, inside
        else:
            yield from embedded(messages, kind, (inside + '.' if inside else '') + kind.rsplit('.', 1)[-1])

def types(source, messages):
    explicit = presence()
    for name, schema in sorted(source['schemas'].items()):
        order = ['kind', 'apiVersion', *declared_order(messages, name.replace('io.k8s.', 'k8s.io.', 1))]
        if 'properties' in schema:
            schema['properties'] = dict(sorted(schema['properties'].items(), key=lambda p: order.index(p[0]) if p[0] in order else len(order)))
        from_embedded = dict(embedded(messages, name.replace('io.k8s.', 'k8s.io.', 1)))
        for field, p in schema.get('properties', {}).items():
            if field in from_embedded:
                p['x-embedded'] = from_embedded[field]
            if field in explicit.get(name, ()):
                p['x-presence'] = 'explicit'
            required = field in schema.get('required', ()) and 'default' not in p and not name.endswith('List')
            if field in ALWAYS.get(name, ()) or (required and (p.get('type') == 'array' or '$ref' in p)):
                p['x-presence'] = 'always'
            if field in OMITTED.get(name, ()):
                p['x-presence'] = 'omitted'
            if field in ZERO_TIMES and '$ref' in p:
                p['x-presence'] = 'always'
        yield name, schema

def resources(source):
    for root in ('/api', '/apis'):
        for group in source[root]['items']:
            for version in group['versions']:
                name = group['metadata'].get('name')
                yield (f"{name}/{version['version']}" if name else version['version']), version['resources']

META, APIDISCOVERY = 'k8s.io.apimachinery.pkg.apis.meta.v1.', 'k8s.io.api.apidiscovery.v2.'
# The answers of aggregated discovery, which OpenAPI does not describe.
DISCOVERY_MESSAGES = {
    APIDISCOVERY + 'APIGroupDiscoveryList': [['metadata', 1, META + 'ListMeta'], ['items', 2, f'repeated {APIDISCOVERY}APIGroupDiscovery']],
    APIDISCOVERY + 'APIGroupDiscovery': [['metadata', 1, META + 'ObjectMeta'], ['versions', 2, f'repeated {APIDISCOVERY}APIVersionDiscovery']],
    APIDISCOVERY + 'APIVersionDiscovery': [['version', 1, 'string'], ['resources', 2, f'repeated {APIDISCOVERY}APIResourceDiscovery'], ['freshness', 3, 'string']],
    APIDISCOVERY + 'APIResourceDiscovery': [
        ['resource', 1, 'string'], ['responseKind', 2, META + 'GroupVersionKind'], ['scope', 3, 'string'], ['singularResource', 4, 'string'],
        ['verbs', 5, 'repeated string'], ['shortNames', 6, 'repeated string'], ['categories', 7, 'repeated string'],
        ['subresources', 8, f'repeated {APIDISCOVERY}APISubresourceDiscovery']],
    APIDISCOVERY + 'APISubresourceDiscovery': [
        ['subresource', 1, 'string'], ['responseKind', 2, META + 'GroupVersionKind'], ['acceptedTypes', 3, f'repeated {META}GroupVersionKind'],
        ['verbs', 4, 'repeated string']],
}

def write(name, lines):
    with open(os.path.join(here, name), 'w') as out:
        for key, value in lines:
            out.write(key + '\t' + json.dumps(value, separators=(',', ':')) + '\n')

if __name__ == '__main__':
    openapi, discovery, protobuf = (json.load(open(f)) for f in sys.argv[1:4])
    write('types.tsv', types(openapi, protobuf))
    write('resources.tsv', resources(discovery))
    write('messages.tsv', sorted((protobuf | DISCOVERY_MESSAGES).items()))
