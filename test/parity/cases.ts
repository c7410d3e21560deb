import type { DifferenceName } from './differences'
import type { Framework, Sent } from './traced-app'

/** A request, and where its span differs from that of dd-trace, beside what differs on every span. */
export interface Case extends Sent {
  readonly only?: Framework
  readonly differs?: DifferenceName
  /** What is on our span in the fields that differ. */
  readonly ours?: { readonly [field: string]: string | number | RegExp | undefined }
}

/** Requests that are sent to a process with these variables. */
export interface Group {
  readonly env: NodeJS.ProcessEnv
  readonly options?: boolean
  readonly cases: { readonly [title: string]: Case }
}

const id = '1234567890123456789'
const parent = '987654321'
const datadog = { 'x-datadog-trace-id': id, 'x-datadog-parent-id': parent }
const high = '640cfd8d00000000'
const low = BigInt(id).toString(16).padStart(16, '0')
const span = '00f067aa0ba902b7'
const traceparent = `00-${high}${low}-${span}-01`
const otherTrace = `00-${high}abcdef0123456789-${span}-01`
const newTrace = { parent: '0', trace: 'new, of 128 bits', 'metrics._dd.agent_psr': 1, 'metrics._dd.top_level': 1 }
const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'

const usual: Group = {
  env: {},
  cases: {
    'a plain answer': {},
    'a route with a parameter': { path: '/users/7' },
    'a router mounted with a parameter': { path: '/teams/9/users/7' },
    'the root': { path: '/', differs: 'root', ours: { resource: 'GET /', 'meta.http.route': '/' } },
    'nothing that matches': { path: '/nowhere/7' },
    'nothing that matches below a mount': {
      path: '/teams/9/nowhere',
      only: 'express',
      differs: 'unmatched',
      ours: { resource: 'GET', 'meta.http.route': undefined },
    },
    'a route that passes on to the next': {
      path: '/again/me',
      only: 'express',
      differs: 'passedOn',
      ours: { resource: 'GET /again/me', 'meta.http.route': '/again/me' },
    },
    POST: { method: 'POST' },
    PUT: { method: 'PUT' },
    DELETE: { method: 'DELETE' },
    HEAD: { method: 'HEAD' },
    OPTIONS: { method: 'OPTIONS' },
    'a status of 204': { path: '/status/204' },
    'a status of 301': { path: '/status/301' },
    'a status of 404': { path: '/status/404' },
    'a status of 500': { path: '/status/500' },
    'a status of 503': { path: '/status/503' },
    'a thrown error': { path: '/throw/error' },
    'a thrown error of a class': { path: '/throw/class' },
    'a thrown error with a status of 418': { path: '/throw/teapot' },
    'a thrown error with a status of 503': { path: '/throw/unavailable' },
    'a thrown error without a message': { path: '/throw/empty' },
    'a thrown error with a code for a message': { path: '/throw/code' },
    'a thrown error with a cause': {
      path: '/throw/cause',
      differs: 'cause',
      ours: { 'meta.error.stack': /^Error: broken\n.*\[cause\]: Error: the disk is full\n/s },
    },
    'a thrown string': {
      path: '/throw/string',
      differs: 'thrown',
      ours: { 'meta.error.type': 'string', 'meta.error.message': 'no such user' },
    },
    'a thrown object': {
      path: '/throw/object',
      differs: 'thrown',
      ours: { 'meta.error.type': 'Object', 'meta.error.message': "{ reason: 'none' }" },
    },
    'a thrown error with a long message': {
      path: '/throw/long',
      differs: 'bounded',
      ours: { 'meta.error.message': /^x{8189}\.{3}$/, 'meta.error.stack': /^Error: x{16374}\.{3}$/ },
    },
    'an error passed to next': { path: '/pass/error', only: 'express' },
    'a string passed to next': {
      path: '/pass/string',
      only: 'express',
      differs: 'thrown',
      ours: { 'meta.error.type': 'string', 'meta.error.message': 'no such user' },
    },
    'an error in a mounted router': { path: '/teams/9/broken' },
    'an error that became a 200': { path: '/recovered/200' },
    'an error that became a 409': { path: '/recovered/409' },
    'an error that became a 502': { path: '/recovered/502' },
    'a client that leaves': {
      path: '/hang',
      leaves: true,
      differs: 'aborted',
      ours: { 'meta.http.aborted': 'true', 'meta.http.status_code': '499' },
    },
    'a query': { path: '/ok?page=2&sort=up' },
    'an empty query': { path: '/ok?', differs: 'query', ours: { 'meta.http.url': 'http://127.0.0.1/ok' } },
    'a query with a token': {
      path: '/ok?token=abc&page=2',
      differs: 'query',
      ours: { 'meta.http.url': 'http://127.0.0.1/ok?token=<redacted>&page=2' },
    },
    'a query with passwords': {
      path: '/ok?password=x&user[password]=y&p%61ssword=z',
      differs: 'query',
      ours: {
        'meta.http.url': 'http://127.0.0.1/ok?password=<redacted>&user[password]=<redacted>&p%61ssword=<redacted>',
      },
    },
    'a query with a session': {
      path: '/ok?sid=12&card=4111',
      differs: 'query',
      ours: { 'meta.http.url': 'http://127.0.0.1/ok?sid=<redacted>&card=<redacted>' },
    },
    'a query with a token without a key': { path: `/ok?q=${jwt}&page=2` },
    'a query with JSON': {
      path: '/ok?q=%7B%22password%22%3A%22x%22%7D',
      differs: 'query',
      ours: { 'meta.http.url': 'http://127.0.0.1/ok?q=%7B%22password%22%3A<redacted>' },
    },
    'a query that only looks like a secret': {
      path: '/ok?design=1&assign=x',
      differs: 'query',
      ours: { 'meta.http.url': 'http://127.0.0.1/ok?design=1&assign=x' },
    },
    'a query in a path that nothing matches': {
      path: '/nowhere?secret=1',
      differs: 'query',
      ours: { 'meta.http.url': 'http://127.0.0.1/nowhere?secret=<redacted>' },
    },
    'no user agent': { raw: 'GET /ok HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n' },
    'no host': { raw: 'GET /ok HTTP/1.0\r\n\r\n', differs: 'host', ours: { 'meta.http.url': 'http://localhost/ok' } },
    'a host of another name': { headers: { host: 'shop.example:8080' } },
    'an absolute target': {
      raw: 'GET http://me:secret@shop.example/ok HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n',
      differs: 'target',
      ours: { 'meta.http.url': 'http://shop.example/ok' },
    },
    'a user agent of 10 kB': {
      headers: { 'user-agent': 'u'.repeat(10_000) },
      differs: 'bounded',
      ours: { 'meta.http.useragent': /^u{8189}\.{3}$/ },
    },
    'a proxy that spoke HTTPS': { headers: { 'x-forwarded-proto': 'https' } },
    "a test of Datadog's own": { headers: { 'x-datadog-endpoint-scan': 'a', 'x-datadog-security-test': 'b' } },
    'a Datadog context': { headers: datadog },
    'a Datadog context of 128 bits with a priority, an origin and tags': {
      headers: {
        ...datadog,
        'x-datadog-sampling-priority': '2',
        'x-datadog-origin': 'synthetics',
        'x-datadog-tags': `_dd.p.tid=${high},_dd.p.dm=-4,_dd.p.team=core`,
      },
    },
    'a Datadog context that is rejected': { headers: { ...datadog, 'x-datadog-sampling-priority': '-1' } },
    'a Datadog context with our span as the root': { headers: { ...datadog, 'x-datadog-parent-id': '0' } },
    'a traceparent': { headers: { traceparent } },
    'a traceparent and a tracestate': { headers: { traceparent, tracestate: 'dd=s:2;o:rum;t.dm:-4,other=x' } },
    'two contexts that agree': {
      headers: {
        ...datadog,
        'x-datadog-tags': `_dd.p.tid=${high}`,
        traceparent,
        tracestate: 'dd=s:1;p:00000000000000ff',
      },
    },
    'two contexts that disagree': { headers: { ...datadog, traceparent: otherTrace } },
    'b3, which is not asked for': { headers: { b3: `${high}${low}-${span}-1` } },
    'baggage with a context': { headers: { ...datadog, baggage: 'user.id=7,session.id=9,plan=pro' } },
    'baggage alone': { headers: { baggage: 'user.id=7' } },
    'an id that is none': {
      headers: { 'x-datadog-trace-id': 'abc', 'x-datadog-parent-id': '1' },
      differs: 'context',
      ours: newTrace,
    },
    'an id that came twice': {
      headers: { 'x-datadog-trace-id': '1, 2', 'x-datadog-parent-id': '3' },
      differs: 'context',
      ours: newTrace,
    },
    'a priority that Datadog does not have': {
      headers: { ...datadog, 'x-datadog-sampling-priority': '99' },
      differs: 'context',
      ours: { 'metrics._sampling_priority_v1': 1, 'meta._dd.p.ksr': '1', 'meta._dd.p.dm': '-1' },
    },
    'an origin of 5 kB': {
      headers: { ...datadog, 'x-datadog-origin': 'o'.repeat(5000) },
      differs: 'context',
      ours: { 'meta._dd.origin': undefined },
    },
    'a context in an SQS header': {
      headers: { 'x-aws-sqsd-attr-_datadog': JSON.stringify(datadog) },
      differs: 'context',
      ours: newTrace,
    },
  },
}

const addresses: Group = {
  env: {
    DD_TRACE_CLIENT_IP_ENABLED: 'true',
    DD_TRACE_RESOURCE_RENAMING_ENABLED: 'true',
    DD_TRACE_HEADER_TAGS: 'x-team, X-Plan : plan,x-count,set-cookie',
  },
  cases: {
    'the address of the socket': {},
    'a public address': { headers: { 'x-forwarded-for': '8.8.8.8' } },
    'a public address behind a private one': { headers: { 'x-forwarded-for': '10.0.0.1, 8.8.8.8' } },
    'a public address in a later header': { headers: { 'x-forwarded-for': '10.0.0.1', 'x-real-ip': '9.9.9.9' } },
    'a private address alone': { headers: { 'x-client-ip': '192.168.1.9' } },
    'an address of a carrier': { headers: { 'x-forwarded-for': '100.64.0.1', 'x-real-ip': '9.9.9.9' } },
    'an address with a port': { headers: { 'true-client-ip': '8.8.8.8:80' } },
    'an IPv6 address': { headers: { 'cf-connecting-ipv6': '2001:db8::1' } },
    'an IPv6 address with a port': { headers: { 'x-forwarded-for': '[2001:db8::1]:80' } },
    'an IPv4 address written as IPv6': {
      headers: { 'x-forwarded-for': '::ffff:8.8.8.8' },
      differs: 'address',
      ours: { 'meta.http.client_ip': '::ffff:8.8.8.8' },
    },
    Forwarded: { headers: { forwarded: 'for="[2001:db8::1]:80";proto=http, for=8.8.8.8' } },
    'Forwarded with for behind a space': {
      headers: { forwarded: 'proto=http; for=8.8.8.8' },
      differs: 'address',
      ours: { 'meta.http.client_ip': '8.8.8.8' },
    },
    'no address at all': { headers: { 'x-forwarded-for': 'unknown, <b>' } },
    'headers of both directions': {
      path: '/headers',
      headers: { 'x-team': 'web', 'x-plan': 'free' },
      differs: 'headers',
      ours: { 'meta.http.response.headers.set-cookie': 'a=1, b=2' },
    },
    'a header that came twice': { headers: { 'x-team': ['a', 'b'] } },
    'numbers where no route matched': { path: '/nowhere/12345/7' },
    'values where no route matched': { path: '/nowhere/1-2-3/abc123/a@b.c/0f-3_a.b/aaaaaaaaaaaaaaaaaaaaaaaaaa/x' },
    'a deep path that no route matched': { path: '/1/22/c/d/e/f/g/h/i/j?page=2' },
    'the root with an endpoint': {
      path: '/',
      differs: 'root',
      ours: { resource: 'GET /', 'meta.http.route': '/', 'meta.http.endpoint': undefined },
    },
  },
}

const variables: Group = {
  env: {
    DD_TRACE_CLIENT_IP_ENABLED: '1',
    DD_TRACE_CLIENT_IP_HEADER: 'X-Edge-IP',
    DD_TRACE_HTTP_SERVER_ERROR_STATUSES: '400-404, 500',
    DD_TRACE_OBFUSCATION_QUERY_STRING_REGEXP: 'hush=[^&]+',
    DD_TRACE_PROPAGATION_STYLE_EXTRACT: 'b3multi,b3 single header,tracecontext,baggage',
    DD_TRACE_128_BIT_TRACEID_GENERATION_ENABLED: 'false',
    DD_TRACE_BAGGAGE_TAG_KEYS: '*',
    DD_TAGS: 'team:core,region:eu',
  },
  cases: {
    'a plain answer': {},
    'the address in the one header that counts': { headers: { 'x-edge-ip': '8.8.8.8', 'x-forwarded-for': '9.9.9.9' } },
    'an address in a header that does not count': { headers: { 'x-forwarded-for': '9.9.9.9' } },
    'a status that counts as an error': { path: '/status/404' },
    'a status that does not': { path: '/status/503' },
    'an error with a status that does not': { path: '/throw/unavailable' },
    'a query by an expression': { path: '/ok?hush=a&token=b' },
    'b3 in one header': { headers: { b3: `${high}${low}-${span}-1` } },
    'b3 in many headers': { headers: { 'x-b3-traceid': low, 'x-b3-spanid': span, 'x-b3-sampled': '0' } },
    'b3 that only decides': { headers: { b3: 'd' } },
    'a Datadog context, which is not asked for': { headers: datadog },
    'baggage that all becomes tags': { headers: { traceparent, baggage: 'plan=pro,user.id=7' } },
  },
}

const restarted: Group = {
  env: {
    DD_TRACE_PROPAGATION_BEHAVIOR_EXTRACT: 'restart',
    DD_TRACE_OBFUSCATION_QUERY_STRING_REGEXP: '',
    DD_HTTP_SERVER_ERROR_STATUSES: '99-1000',
  },
  cases: {
    'a context that becomes a link': { headers: { traceparent, baggage: 'user.id=7' } },
    'a query as it came': { path: '/ok?token=b' },
    'statuses that cannot be read': { path: '/status/500' },
  },
}

const named = { differs: 'service', ours: { 'meta._dd.svc_src': 'm' } } as const

const configured: Group = {
  env: { DD_TRACE_OBFUSCATION_QUERY_STRING_REGEXP: '.*', DD_TRACE_PROPAGATION_BEHAVIOR_EXTRACT: 'ignore' },
  options: true,
  cases: {
    'a service, header tags and a hook': { ...named, path: '/headers', headers: { 'x-team': 'web' } },
    'a status that the option accepts': { ...named, path: '/status/409' },
    'a status that the option refuses': { ...named, path: '/status/404' },
    'a thrown error that the option refuses': { ...named, path: '/throw/teapot' },
    'no query': { ...named, path: '/ok?page=2' },
    'a context that is ignored': { ...named, headers: { traceparent } },
  },
}

/** Where the port of the server would be a separate tag. */
const host = { host: 'shop.example' }

const openTelemetry: Group = {
  env: { DD_TRACE_OTEL_SEMANTICS_ENABLED: 'true' },
  cases: {
    'a plain answer': { headers: host },
    'a route with a parameter': { path: '/users/7?a=b', headers: host },
    'an error': { path: '/status/500', headers: host },
  },
}

export const groups: { readonly [title: string]: Group } = {
  'without any variables': usual,
  'with client addresses, header tags and endpoints': addresses,
  'with statuses, an expression, b3 and tags': variables,
  'with traces that restart': restarted,
  'with options': configured,
  'with the names of OpenTelemetry': openTelemetry,
}
