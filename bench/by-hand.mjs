// What people write with dd-trace and pino when they need a span and a logger with its ids. spanlog is compared with this.

export const byHand = {
  express: (tracer, logger) => (req, res, next) => {
    const span = expressSpan(tracer, req, res)
    req.log = childOf(tracer, span, logger)
    tracer.scope().activate(span, next)
  },
  koa: (tracer, logger) => async (ctx, next) => {
    const span = koaSpan(tracer, ctx)
    ctx.log = childOf(tracer, span, logger)
    await tracer.scope().activate(span, next)
  },
}

/** What the tracer needs by itself: the same span with the same tags, and no logger of the request. */
export const spanOnly = {
  express: tracer => (req, res, next) => tracer.scope().activate(expressSpan(tracer, req, res), next),
  koa: tracer => (ctx, next) => tracer.scope().activate(koaSpan(tracer, ctx), next),
}

function expressSpan(tracer, req, res) {
  const span = startSpan(tracer, req, req.originalUrl)
  res.once('close', () => endSpan(span, req.method, res.statusCode, req.baseUrl + (req.route?.path ?? '')))
  return span
}

function koaSpan(tracer, ctx) {
  const span = startSpan(tracer, ctx.req, ctx.originalUrl)
  ctx.res.once('close', () => endSpan(span, ctx.method, ctx.status, ctx._matchedRoute ?? ''))
  return span
}

function startSpan(tracer, req, url) {
  return tracer.startSpan('web.request', {
    childOf: tracer.extract('http_headers', req.headers),
    tags: {
      'span.kind': 'server',
      'span.type': 'web',
      'http.method': req.method,
      'http.url': `http://${req.headers.host}${url}`,
      'http.useragent': req.headers['user-agent'],
    },
  })
}

export function childOf(tracer, span, logger) {
  const fields = {}
  tracer.inject(span, 'log', fields)
  return logger.child(fields)
}

function endSpan(span, method, status, route) {
  span.addTags({ 'http.status_code': status, 'http.route': route, 'resource.name': `${method} ${route}` })
  if (status >= 500) span.setTag('error', true)
  span.finish()
}
