/** A span as dd-trace sends it (v0.4). */
export interface WireSpan {
  trace_id: bigint
  span_id: bigint
  parent_id: bigint
  name: string
  resource: string
  service: string
  type: string
  error: 0 | 1
  /** Nanoseconds. */
  start: bigint
  duration: number
  meta: Record<string, string>
  metrics: Record<string, number>
}

/** What a request leaves behind: spans for the agent, lines for the log. */
export interface Sample {
  /** 32 hexadecimal digits. */
  id: string
  spans: WireSpan[]
  lines: Record<string, unknown>[]
}

interface SpanOptions {
  service?: string
  resource?: string
  type?: string
  /** Milliseconds from the start of the trace. */
  at: number
  /** Milliseconds. */
  for: number
  under?: WireSpan
  /** Id of a parent that is never sent. */
  parentId?: bigint
  error?: { type: string; message: string; stack?: string }
  meta?: Record<string, string>
}

/** Builds one trace. */
export class TraceBuilder {
  readonly sample: Sample
  private readonly low: bigint

  constructor(
    private readonly start: number,
    private readonly ids: Ids,
  ) {
    this.low = ids.next()
    const high = `${Math.floor(start / 1000).toString(16)}00000000`
    this.sample = { id: high + this.low.toString(16).padStart(16, '0'), spans: [], lines: [] }
  }

  span(name: string, options: SpanOptions): WireSpan {
    const { service = options.under?.service ?? 'shop', resource = name, type = '', at, under, error, meta } = options
    const isFirst = this.sample.spans.length === 0
    const span: WireSpan = {
      trace_id: this.low,
      span_id: this.ids.next(),
      parent_id: options.parentId ?? under?.span_id ?? 0n,
      name,
      resource,
      service,
      type,
      error: error ? 1 : 0,
      start: nanoseconds(this.start + at),
      duration: Math.round(options.for * 1e6),
      meta: {
        ...(isFirst ? { '_dd.p.tid': this.sample.id.slice(0, 16), '_dd.p.dm': '-0', language: 'javascript' } : {}),
        ...(error
          ? { 'error.type': error.type, 'error.message': error.message, 'error.stack': error.stack ?? '' }
          : {}),
        'runtime-id': '5a0c7f1e-8c1b-4f7e-9a55-0d5f2f1f3a7b',
        ...meta,
      },
      metrics: isFirst ? { _sampling_priority_v1: 1, process_id: 41207 } : {},
    }
    this.sample.spans.push(span)
    return span
  }

  line(span: WireSpan, at: number, level: string, msg: string, fields: Record<string, unknown> = {}): void {
    this.sample.lines.push({
      level,
      time: this.start + at,
      msg,
      ...fields,
      dd: { trace_id: this.sample.id, span_id: span.span_id.toString(), service: span.service },
    })
  }
}

/** The same ids each time, so that pictures and tests are the same each time. */
export class Ids {
  constructor(private seed = 1n) {}

  next(): bigint {
    this.seed = (this.seed * 6364136223846793005n + 1442695040888963407n) & 0x7fffffffffffffffn
    return this.seed | 1n
  }
}

function nanoseconds(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds * 1000)) * 1000n
}

function web(method: string, route: string, status: number, more: Record<string, string> = {}): Record<string, string> {
  return {
    'span.kind': 'server',
    component: 'express',
    'http.method': method,
    'http.route': route,
    'http.url': `http://127.0.0.1:3000${route.replace(/:\w+/g, 'pear')}`,
    'http.useragent': 'curl/8.5.0',
    'http.status_code': String(status),
    ...more,
  }
}

const query = { component: 'pg', 'span.kind': 'client', 'db.type': 'postgres', 'db.name': 'shop' }

/** An order that fails in another service: repeated queries, a gap, an error with its stack, a span whose parent is not sent. */
export function failedOrder(start: number, ids: Ids): Sample {
  const trace = new TraceBuilder(start, ids)
  const stack = [
    'RangeError: pear is sold out',
    '    at allocate (/srv/inventory/src/reserve.js:41:11)',
    '    at async reserve (/srv/inventory/src/routes.js:18:19)',
    ...['dispatch', 'next', 'handle', 'done'].map(name => `    at ${name} (/srv/node_modules/router/index.js:171:3)`),
  ].join('\n')
  const soldOut = { type: 'RangeError', message: 'pear is sold out', stack }
  const answered = { type: 'Error', message: 'inventory answered 500' }
  const top = trace.span('web.request', {
    resource: 'GET /orders/:sku',
    type: 'web',
    at: 0,
    for: 412.6,
    meta: web('GET', '/orders/:sku', 502, { 'user.id': '7' }),
    error: answered,
  })
  trace.span('pg.query', {
    resource: 'SELECT * FROM orders WHERE sku = $1',
    type: 'sql',
    at: 3.1,
    for: 4.3,
    under: top,
    meta: query,
  })
  const call = trace.span('http.request', {
    resource: 'GET inventory.local/reserve/pear',
    type: 'http',
    at: 12,
    for: 386.8,
    under: top,
    meta: { 'span.kind': 'client', 'http.status_code': '500' },
  })
  const reserve = trace.span('web.request', {
    service: 'inventory',
    resource: 'GET /reserve/:sku',
    type: 'web',
    at: 21.5,
    for: 372.7,
    under: call,
    meta: web('GET', '/reserve/:sku', 500),
    error: soldOut,
  })
  const shelves: WireSpan[] = []
  for (let shelf = 0; shelf < 37; shelf++) {
    shelves.push(
      trace.span('pg.query', {
        resource: 'SELECT * FROM shelf WHERE id = $1',
        type: 'sql',
        at: 26 + shelf * 5.05,
        for: 3.4,
        under: reserve,
        meta: query,
      }),
    )
  }
  const lock = trace.span('redis.command', {
    resource: 'SET lock:pear NX PX 5000',
    type: 'redis',
    at: 327.4,
    for: 2.1,
    under: reserve,
  })
  const allocate = trace.span('reserve.allocate', {
    resource: 'pear',
    at: 331,
    for: 55.7,
    under: reserve,
    error: soldOut,
    meta: {
      order: '{"sku":"pear","quantity":3,"warehouse":{"id":12,"city":"Ghent"}}',
      'shelf.ids': '[9,11,12]',
      'shelf.tried': '3',
      'code.function': 'allocate',
      env: 'dev',
      version: '1.4.2',
    },
  })
  trace.span('pg.query', { resource: 'ROLLBACK', type: 'sql', at: 400.2, for: 2.7, under: top, meta: query })
  trace.span('amqp.publish', {
    service: 'mailer',
    resource: 'stock.low',
    type: 'queue',
    at: 389,
    for: 3.6,
    parentId: 6781234509871236115n,
  })
  trace.line(top, 1.2, 'info', 'placing the order', { sku: 'pear', user: 7 })
  trace.line(top, 11, 'info', 'asking the inventory')
  trace.line(reserve, 22.8, 'info', 'reserving', { sku: 'pear' })
  for (const shelf of [1, 9, 17, 25, 33])
    trace.line(shelves[shelf] as WireSpan, 27 + shelf * 5.05, 'debug', 'reading shelf', { id: shelf })
  trace.line(lock, 329, 'info', 'lock taken', { key: 'lock:pear', ttl: 5000 })
  trace.line(allocate, 352.6, 'warn', 'shelf 12 is empty, trying the next one', { shelf: 12 })
  trace.line(allocate, 386.1, 'error', 'cannot allocate', { sku: 'pear', tried: 3 })
  trace.line(reserve, 389.4, 'error', 'request failed', {
    err: { type: 'RangeError', message: 'pear is sold out', shelf: { id: 12, left: 0 } },
    req: { method: 'GET', url: '/reserve/pear', headers: { host: 'inventory.local' } },
  })
  trace.line(top, 405.1, 'error', 'order failed', { err: 'inventory answered 500' })
  return trace.sample
}

/** A report whose client does not wait for the end. */
export function abortedReport(start: number, ids: Ids): Sample {
  const trace = new TraceBuilder(start, ids)
  const top = trace.span('web.request', {
    resource: 'GET /report',
    type: 'web',
    at: 0,
    for: 110.5,
    meta: web('GET', '/report', 200, { 'http.aborted': 'true' }),
  })
  const call = trace.span('http.request', {
    resource: 'GET inventory.local/count',
    type: 'http',
    at: 1,
    for: 510.6,
    under: top,
    meta: { 'span.kind': 'client', 'http.status_code': '200' },
  })
  const count = trace.span('web.request', {
    service: 'inventory',
    resource: 'GET /count',
    type: 'web',
    at: 4,
    for: 506.5,
    under: call,
    meta: web('GET', '/count', 200),
  })
  const shelves = trace.span('shelves.count', { resource: 'every shelf', at: 5.7, for: 503.3, under: count })
  trace.line(top, 1, 'info', 'gathering the report')
  trace.line(count, 5, 'info', 'counting every shelf')
  trace.line(shelves, 258, 'info', 'half way', { shelf: 8 })
  trace.line(top, 514, 'info', 'report ready', { items: 15 })
  return trace.sample
}

/** One plain request of one service. */
export function product(
  start: number,
  ids: Ids,
  options: { method?: string; route?: string; status?: number; for?: number; user?: number; service?: string } = {},
): Sample {
  const {
    method = 'GET',
    route = '/products/:sku',
    status = 200,
    for: duration = 16.7,
    user = 7,
    service = 'shop',
  } = options
  const trace = new TraceBuilder(start, ids)
  const error =
    status >= 500
      ? {
          type: 'Error',
          message: 'no connection to postgres',
          stack: 'Error: no connection to postgres\n    at connect (/srv/shop/src/db.js:12:9)',
        }
      : undefined
  const top = trace.span('web.request', {
    service,
    resource: `${method} ${route}`,
    type: 'web',
    at: 0,
    for: duration,
    meta: web(method, route, status),
    error,
  })
  trace.span('pg.query', {
    resource: 'SELECT * FROM products WHERE sku = $1',
    type: 'sql',
    at: 2,
    for: duration * 0.5,
    under: top,
    meta: query,
  })
  trace.line(top, 1, 'info', 'looking up the product', { sku: 'apple', user })
  trace.line(
    top,
    duration * 0.7,
    status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info',
    status >= 400 ? 'nobody has heard of it' : 'found',
    { sku: 'apple', left: 12 },
  )
  return trace.sample
}

/** A request whose span has not ended, seen by a child that has. */
export function unfinished(start: number, ids: Ids): Sample {
  const trace = new TraceBuilder(start, ids)
  const query1 = trace.span('pg.query', {
    resource: 'INSERT INTO payments VALUES ($1, $2)',
    type: 'sql',
    at: 4,
    for: 12,
    parentId: ids.next(),
    meta: query,
  })
  trace.line(query1, 6, 'info', 'paying', { user: 7 })
  return trace.sample
}

/** A basket that asks the database for each of its items. */
export function repeatedQueries(start: number, ids: Ids): Sample {
  const trace = new TraceBuilder(start, ids)
  const top = trace.span('web.request', {
    resource: 'GET /baskets/:id',
    type: 'web',
    at: 0,
    for: 842.3,
    meta: web('GET', '/baskets/:id', 200),
  })
  for (let item = 0; item < 37; item++) {
    const span = trace.span('pg.query', {
      resource: 'SELECT * FROM items WHERE id = $1',
      type: 'sql',
      at: 10 + item * 22,
      for: 14 + (item % 5),
      under: top,
      meta: query,
    })
    trace.line(span, 12 + item * 22, 'debug', 'item read', { id: item })
  }
  return trace.sample
}

/** Many spans over three services, five levels deep, with a line on each. */
export function large(start: number, ids: Ids, spans: number, lines = spans): Sample {
  const trace = new TraceBuilder(start, ids)
  const services = ['shop', 'inventory', 'mailer']
  const all = [
    trace.span('web.request', {
      resource: 'POST /import',
      type: 'web',
      at: 0,
      for: spans * 1.1,
      meta: web('POST', '/import', 200),
    }),
  ]
  for (let at = 1; at < spans; at++) {
    const under = all[at % 10 === 1 ? 0 : Math.floor((at - 1) / 10) * 10 + ((at - 1) % 10 === 0 ? 0 : 1)] as WireSpan
    all.push(
      trace.span(at % 10 === 1 ? 'import.batch' : `import.item`, {
        service: services[Math.floor(at / 10) % 3],
        resource: at % 10 === 1 ? `batch ${at}` : `item ${at}`,
        at: at + 0.3,
        for: at % 10 === 1 ? 9.5 : 0.8,
        under,
      }),
    )
  }
  for (let at = 0; at < lines; at++) {
    const span = all[at % spans] as WireSpan
    trace.line(
      span,
      Number(span.start - (all[0] as WireSpan).start) / 1e6 + 0.2,
      at % 97 === 0 ? 'warn' : 'info',
      `item ${at} written`,
      { item: at, size: at * 3 },
    )
  }
  return trace.sample
}

/** Names, values and messages that are longer than any column. */
export function longNames(start: number, ids: Ids): Sample {
  const trace = new TraceBuilder(start, ids)
  const route =
    '/organisations/:organisation/departments/:department/employees/:employee/reviews/:review/comments/:comment'
  const top = trace.span('web.request', {
    service: 'organisation-directory-service-europe-west',
    resource: `DELETE ${route}`,
    type: 'web',
    at: 0,
    for: 61,
    meta: web('DELETE', route, 204),
  })
  trace.span('graphql.execute', {
    resource: `query ${'DepartmentWithEmployeesAndReviews'.repeat(4)}`,
    type: 'graphql',
    at: 2,
    for: 50,
    under: top,
    meta: { 'graphql.source': `query { ${'employee { name reviews { text } } '.repeat(30)} }` },
  })
  trace.line(top, 3, 'info', 'a message without end '.repeat(30), { token: 'x'.repeat(400), user: 7 })
  return trace.sample
}
